"""Ids as nobody should choose them: those that every door refuses, and those that every door takes."""

from __future__ import annotations

REFUSED_IDS = (
    *(
        "a\nb",
        "a\nb\n",
        "nul\0in",
        "\0first",
        "\x1b[31mred",
        "tab\there",
        "x\x7f",
        "c\x851",
        "line\u2028end",
        "a\u2029b",
    ),
    *("c" * 257, "\xe9" * 129),
)
TAKEN_IDS = (
    "c-42",
    "c" * 256,
    "\xe9" * 128,
    "a/b",
    "..",
    "c-44/export",
    "%2e",
    "none@firm.example",
    "o'null",
    "a b",
    "\u0645\u0631",
    "\U0001f600",
)
PLACEHOLDER_IDS = (
    *("undefined", "null", "NULL", "None", "NaN", "[object Object]", " ", "-", "0", "guest", "Anonymous", "user_id"),
    *("00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", "user-undefined", "(not set)"),
    *("{{contact.id}}", "u-{{ id }}", "${userId}", "*|UNIQID|*", "%%subscriberkey%%", "%ID%", "<%= id %>", "{id}"),
    *("[[id]]", "#{user.id}", "[CONTACT_ID]", "<id>", "__USER_ID__", "anon:undefined", "anon:{{id}}"),
    *("\u200b", "null\u200b", "\uff4e\uff55\uff4c\uff4c", "'null'", '"undefined"', "%7B%7Bid%7D%7D", "0.0"),
    *("undefined@firm.example", "none@none.example", "{{email}}@firm.example"),
)
"""Texts that stand where an id should and are none."""
