"""The little a person sees of the collector: a sentence on a page."""

from __future__ import annotations

from html import escape

from streamprocessor.collector.http.wire_format import HttpAnswer

_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ("X-Content-Type-Options", "nosniff"),
)
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{sentence}</title>
<p style="font: 1.2em system-ui, sans-serif; margin: 20vh auto; max-width: 30em; text-align: center">{sentence}</p>
</html>
"""


def page(status: int, sentence: str) -> HttpAnswer:
    """A page with that one sentence."""
    body = _PAGE.format(sentence=escape(sentence)).encode()
    return HttpAnswer(status, body, "text/html; charset=utf-8", _HEADERS)
