"""What keeps a text from being YAML, in words for people who never heard of YAML's tokens and blocks."""

from __future__ import annotations

import re
from typing import NamedTuple

from ruamel.yaml.error import MarkedYAMLError, StringMark

from streamprocessor.contract.foreign_text import shown_text

_TOKEN = re.compile(r"found character '(.+)' that cannot start any token", re.DOTALL)


class YamlFault(NamedTuple):
    """What is wrong on which line, from 1: what was wanted there, what stands there, and how it is mended."""

    line: int
    sentence: str


def yaml_fault(error: MarkedYAMLError, text: str) -> YamlFault:
    """The fault that the YAML library found in the text."""
    mark, begin = error.problem_mark, error.context_mark
    at = mark or begin
    line = at.line + 1 if at is not None else 1
    words = error.problem or error.context or ""
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    indentation = here[: len(here) - len(here.lstrip())]
    token = _TOKEN.search(words)
    if "\t" in indentation or (token and token[1] == "\t"):
        return YamlFault(line, "wanted blanks before the first word; got a tab: indent by blanks alone")
    if token:
        got = shown_text(token[1])
        return YamlFault(line, f"wanted a word, a text or a number; got '{got}': put what begins with it into quotes")
    if "expected <block end>" in words:
        return YamlFault(
            line,
            f"wanted the line to begin in the column of its siblings above; got {len(indentation)} blanks before it: "
            "indent it as they are",
        )
    if "expected ',' or" in words:
        return _unfinished(line, words, begin)
    if "mapping values are not allowed" in words:
        return YamlFault(
            line,
            "wanted one colon with a blank behind it; got another one: put a text that has one into quotes, or begin "
            "a line of its own, indented as its siblings are",
        )
    if "could not find expected ':'" in words:
        first = begin.line + 1 if begin is not None else line
        return YamlFault(first, f"wanted a colon and a blank behind the word; got '{shown_text(_line(lines, first))}'")
    if "end of stream" in words:
        first = begin.line + 1 if begin is not None else line
        return YamlFault(first, "wanted the quote that begins here to end; got the end of the file: close it")
    return YamlFault(line, f"wanted YAML; got an error: {shown_text(words)}")


def _unfinished(line: int, words: str, begin: StringMark | None) -> YamlFault:
    """What is wrong in a list or mapping in brackets."""
    bracket = "]" if "']'" in words else "}"
    since = f", which began on line {begin.line + 1}" if begin is not None and begin.line + 1 != line else ""
    return YamlFault(
        line,
        f"wanted a comma before the next word, or '{bracket}' at the end{since}; got neither: put one there, and a "
        "text that has a colon into quotes",
    )


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""
