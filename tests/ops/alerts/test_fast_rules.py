"""The faster rules are the shipped ones but for their durations."""

from __future__ import annotations

import re

from tests.ops.alerts.fast_rules import PROMETHEUS, fast_alertmanager, fast_rules


def without_durations(text: str) -> str:
    return re.sub(r"\b[\d.]+(ms|[smhdw])\b|[\d.]+( # seconds)?$", "", text, flags=re.MULTILINE)


def test_the_faster_rules_are_the_shipped_ones_but_for_their_durations() -> None:
    shipped, fast = (PROMETHEUS / "streamprocessor.rules.yml").read_text(), fast_rules()

    assert without_durations(fast) == without_durations(shipped)
    assert "for: 2m\n" in shipped
    assert "for: 12000ms\n" in fast
    assert "leadscore_collector_spool_age_seconds > 30\n" in fast


def test_each_receiver_of_the_faster_routes_posts_to_the_test_under_its_name() -> None:
    assert re.findall(r"url: (\S+)}", fast_alertmanager("http://here").split("receivers:")[1]) == [
        "http://here/page",
        "http://here/ticket",
        "http://here/watchdog",
    ]
