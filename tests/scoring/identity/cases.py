"""Stories of who turned out to be whom, and how each must end: for the oracle, and for the whole worker."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from streamprocessor.scoring.record.facts import (
    BROWSER_RANK,
    SERVER_RANK,
    AttributesWritten,
    Erased,
    Event,
    InputFact,
    Merged,
    ObjectionChanged,
    SuppressionChanged,
    Unmerged,
    Verdict,
)

HOUR_MS = 3_600_000

#: A form is worth 50 and a chief's title 10, for good.
FIFTY_A_FORM = """
name: fifty-a-form
scores:
  engagement:
    rules:
      - {id: form, on: form_submission, points: 50}
      - {id: chief, when: {attributes.job_title: {contains: chief}}, points: 10}
    stages: {cold: 0, warm: 60, hot: 150}
hot_lead: {score: engagement, stage: hot}
"""


class Statement(NamedTuple):
    """One statement of a story, under the id that it is addressed to: an event's id, or the body of a contact update.

    ago_ms: how long before it arrived it had occurred.
    """

    contact: str
    what: str | dict[str, Any]
    ago_ms: int = 0


class Case(NamedTuple):
    """A story and its end: who survives with which score, which old id went into whom, what was refused.

    A score of None: nothing may be shown. any_order: the end is the same in whatever order the statements arrive.
    """

    name: str
    statements: tuple[Statement, ...]
    scores: dict[str, int | None]
    merged_into: Mapping[str, str] = MappingProxyType({})
    reasons: tuple[str, ...] = ()
    any_order: bool = True


def form(contact: str, event_id: str, ago_ms: int = 0) -> Statement:
    return Statement(contact, event_id, ago_ms)


def merge(contact: str, source: str, ago_ms: int = 0) -> Statement:
    return Statement(contact, {"update": "merge", "from": source}, ago_ms)


def unmerge(contact: str, source: str, ago_ms: int = 0) -> Statement:
    return Statement(contact, {"update": "unmerge", "from": source}, ago_ms)


def identify(contact: str, anonymous_id: str) -> Statement:
    return Statement(contact, {"update": "identify", "anonymous_id": anonymous_id})


def by_browser(statement: Statement) -> Statement:
    """The same statement, made with a browser's key."""
    assert isinstance(statement.what, dict)
    return statement._replace(what={**statement.what, "rank": "browser"})


def erase(contact: str) -> Statement:
    return Statement(contact, {"update": "erase"})


def do_not_score(contact: str, objected: bool) -> Statement:
    return Statement(contact, {"update": "do_not_score", "do_not_score": objected})


def job_title(contact: str, title: str) -> Statement:
    return Statement(contact, {"update": "attributes", "attributes": {"job_title": title}})


def verdict(contact: str, event_id: str, actor: str) -> Statement:
    return Statement(contact, {"update": "verdict", "event_id": event_id, "actor": actor})


CASES = (
    Case(
        "a visitor who tells her name takes along what she did before",
        (form("anon:v", "e1"), form("jane", "e2"), identify("jane", "anon:v"), form("anon:v", "e3")),
        {"jane": 150},
        {"anon:v": "jane"},
    ),
    Case(
        "50 points and 100 points of which 50 are the same events make 100",
        (form("a", "e1"), form("b", "e1"), form("b", "e2"), merge("b", "a")),
        {"b": 100},
        {"a": "b"},
    ),
    Case(
        "a chain ends in its last link",
        (form("a", "e1"), form("b", "e2"), form("c", "e3"), merge("b", "a"), merge("c", "b"), form("a", "e4")),
        {"c": 200},
        {"a": "b", "b": "c"},
    ),
    Case(
        "a chain told from its end is the same chain",
        (form("a", "e1"), form("b", "e2"), merge("c", "b"), merge("b", "a"), form("c", "e3")),
        {"c": 150},
        {"a": "b", "b": "c"},
    ),
    Case(
        "a merge before anything is known of either",
        (merge("b", "a"), form("a", "e1"), form("b", "e2")),
        {"b": 100},
        {"a": "b"},
    ),
    Case(
        "two that are merged into each other: the first word holds",
        (form("a", "e1"), form("b", "e2"), merge("b", "a"), merge("a", "b"), form("a", "e3")),
        {"b": 150},
        {"a": "b"},
        ("merge-cycle",),
    ),
    Case(
        "a cycle of three is cut where it was closed",
        (
            *(form("a", "e1"), form("b", "e2"), form("c", "e3")),
            *(merge("b", "a"), merge("c", "b"), merge("a", "c")),
            form("b", "e4"),
        ),
        {"c": 200},
        {"a": "b", "b": "c"},
        ("merge-cycle",),
    ),
    Case(
        "two known contacts at one computer stay two",
        (
            *(form("anon:pc", "e1"), form("ann", "e2"), form("bob", "e3")),
            *(identify("ann", "anon:pc"), identify("bob", "anon:pc")),
            form("anon:pc", "e4"),
        ),
        {"ann": 150, "bob": 50},
        {"anon:pc": "ann"},
    ),
    Case(
        "the one who waits takes over what is unmerged",
        (
            *(form("anon:pc", "e1"), form("ann", "e2"), form("bob", "e3")),
            *(identify("ann", "anon:pc"), identify("bob", "anon:pc"), unmerge("ann", "anon:pc")),
            form("anon:pc", "e4"),
        ),
        {"ann": 50, "bob": 150},
        {"anon:pc": "bob"},
    ),
    Case(
        "who is merged into two known contacts stays with the first, and the second is refused",
        (form("a", "e1"), form("b", "e2"), form("c", "e3"), merge("b", "a"), merge("c", "a")),
        {"b": 100, "c": 50},
        {"a": "b"},
        ("already-merged",),
    ),
    Case(
        "three at one tablet who type their addresses are three, and what was done before is the first one's",
        (
            *(form("anon:tablet", "e0"), form("email:a", "e1"), by_browser(identify("email:a", "anon:tablet"))),
            *(form("email:b", "e2"), by_browser(identify("email:b", "anon:tablet"))),
            *(form("email:c", "e3"), by_browser(identify("email:c", "anon:tablet"))),
        ),
        {"email:a": 100, "email:b": 50, "email:c": 50},
        {"anon:tablet": "email:a"},
    ),
    Case(
        "whoever follows a mail that was handed on and types his own address takes nothing from its first reader",
        (
            *(form("anon:v", "e0"), identify("ann", "anon:v"), form("anon:v", "e1")),
            *(form("email:bob", "e2"), by_browser(identify("email:bob", "anon:v"))),
        ),
        {"ann": 100, "email:bob": 50},
        {"anon:v": "ann"},
    ),
    Case(
        "what is unmerged is on its own again, with what came under its id",
        (form("a", "e1"), form("b", "e2"), merge("b", "a"), form("a", "e3"), unmerge("b", "a"), form("a", "e4")),
        {"a": 150, "b": 50},
    ),
    Case(
        "what is merged once more is merged",
        (form("a", "e1"), form("b", "e2"), merge("b", "a"), unmerge("b", "a"), merge("b", "a")),
        {"b": 100},
        {"a": "b"},
    ),
    Case(
        "what was parted from the other side is merged once more",
        (
            *(form("anon:v", "e1"), form("jane", "e2")),
            *(merge("jane", "anon:v"), unmerge("anon:v", "jane"), merge("jane", "anon:v")),
        ),
        {"jane": 100},
        {"anon:v": "jane"},
    ),
    Case(
        "an unmerge that arrives before its merge holds",
        (form("a", "e1"), form("b", "e2"), unmerge("b", "a"), merge("b", "a", ago_ms=HOUR_MS)),
        {"a": 50, "b": 50},
    ),
    Case(
        "an unmerge from before the merge takes nothing back",
        (form("a", "e1"), form("b", "e2"), merge("b", "a"), unmerge("b", "a", ago_ms=HOUR_MS)),
        {"b": 100},
        {"a": "b"},
    ),
    Case(
        "of three in a chain the middle one leaves with what is its own",
        (
            *(form("a", "e1"), form("b", "e2"), form("c", "e3")),
            *(merge("b", "a"), merge("c", "b"), unmerge("c", "b")),
        ),
        {"b": 100, "c": 50},
        {"a": "b"},
    ),
    Case(
        "the known contact survives, whichever way round it is said",
        (
            *(form("anon:v", "e1"), form("email:m", "e2"), form("jane", "e3")),
            *(merge("anon:v", "email:m"), merge("email:m", "jane")),
        ),
        {"jane": 150},
        {"anon:v": "email:m", "email:m": "jane"},
    ),
    Case(
        "an unmerge is turned round like its merge",
        (form("anon:v", "e1"), form("jane", "e2"), merge("anon:v", "jane"), unmerge("anon:v", "jane")),
        {"anon:v": 50, "jane": 50},
    ),
    Case(
        "the claim of the better known one holds, though the address's came first",
        (
            *(form("anon:v", "e1"), form("email:m", "e2"), form("jane", "e3")),
            *(merge("email:m", "anon:v"), identify("jane", "anon:v")),
        ),
        {"jane": 100, "email:m": 50},
        {"anon:v": "jane"},
    ),
    Case(
        "an address that is the known one's, and a visitor's claimed by both, are one person",
        (
            *(form("anon:v", "e1"), form("email:m", "e2"), form("jane", "e3")),
            *(merge("email:m", "anon:v"), identify("jane", "anon:v"), merge("jane", "email:m")),
        ),
        {"jane": 150},
        {"anon:v": "jane", "email:m": "jane"},
    ),
    Case(
        "a merge with oneself is refused",
        (form("a", "e1"), merge("a", "a")),
        {"a": 50},
        {},
        ("merge-with-itself",),
    ),
    Case(
        "a merge said twice is one merge",
        (form("anon:v", "e1"), form("jane", "e2"), identify("jane", "anon:v"), merge("jane", "anon:v")),
        {"jane": 100},
        {"anon:v": "jane"},
    ),
    Case(
        "the last write of an attribute holds, under whichever id it came",
        (job_title("a", "clerk"), form("b", "e1"), merge("b", "a"), job_title("a", "chief of all")),
        {"b": 60},
        {"a": "b"},
    ),
    Case(
        "what a browser writes holds against nothing that anybody else wrote, under whichever id it came",
        (
            *(form("anon:v", "e1"), form("jane", "e2"), job_title("jane", "chief of all")),
            *(by_browser(identify("jane", "anon:v")), by_browser(job_title("anon:v", "student"))),
            by_browser(job_title("jane", "student")),
        ),
        {"jane": 110},
        {"anon:v": "jane"},
    ),
    Case(
        "what a browser writes holds where nobody else wrote, though he wrote it later",
        (form("a", "e1"), by_browser(job_title("a", "chief of all")), job_title("b", "clerk")),
        {"a": 60, "b": 0},
    ),
    Case(
        "what a browser wrote gives way to what anybody else wrote before",
        (
            *(form("a", "e1"), by_browser(job_title("a", "chief of all"))),
            Statement("a", {"update": "attributes", "attributes": {"job_title": "clerk"}}, ago_ms=HOUR_MS),
        ),
        {"a": 50},
    ),
    Case(
        "a visitor whom a browser named is another's whom a server names",
        (
            *(form("anon:v", "e1"), form("mallory", "e2"), form("jane", "e3")),
            *(by_browser(identify("mallory", "anon:v")), identify("jane", "anon:v")),
        ),
        {"mallory": 50, "jane": 100},
        {"anon:v": "jane"},
    ),
    Case(
        "a visitor whom a server named stays so, whatever browsers say",
        (
            *(form("anon:v", "e1"), form("mallory", "e2"), form("jane", "e3")),
            *(identify("jane", "anon:v"), by_browser(identify("mallory", "anon:v"))),
        ),
        {"mallory": 50, "jane": 100},
        {"anon:v": "jane"},
    ),
    Case(
        "what a browser claimed is unmerged as anything else",
        (form("anon:v", "e1"), form("jane", "e2"), by_browser(identify("jane", "anon:v")), unmerge("jane", "anon:v")),
        {"jane": 50, "anon:v": 50},
    ),
    Case(
        "a verdict on an event of an old id is one on the survivor's",
        (form("a", "e1"), form("b", "e2"), merge("b", "a"), verdict("b", "e1", "scanner")),
        {"b": 50},
        {"a": "b"},
    ),
    Case(
        "who erases an old id erases the whole person",
        (form("a", "e1"), form("b", "e2"), merge("b", "a"), erase("a"), form("b", "e1", ago_ms=HOUR_MS)),
        {},
        any_order=False,
    ),
    Case(
        "who comes again after an erasure begins anew, and is no longer merged",
        (form("a", "e1"), form("b", "e2"), merge("b", "a"), erase("b"), form("a", "e3"), form("b", "e4")),
        {"a": 50, "b": 50},
        any_order=False,
    ),
    Case(
        "who asks to be erased takes along nobody else who used the same tablet",
        (
            *(form("anon:tablet", "e0"), form("email:a", "e1"), by_browser(identify("email:a", "anon:tablet"))),
            *(form("email:b", "e2"), by_browser(identify("email:b", "anon:tablet")), erase("email:b")),
        ),
        {"email:a": 100},
        {"anon:tablet": "email:a"},
        any_order=False,
    ),
    Case(
        "who objects does so for nobody else who used the same tablet",
        (
            *(form("anon:tablet", "e0"), form("email:a", "e1"), by_browser(identify("email:a", "anon:tablet"))),
            *(form("email:b", "e2"), by_browser(identify("email:b", "anon:tablet")), do_not_score("email:b", True)),
        ),
        {"email:a": 100, "email:b": None},
        {"anon:tablet": "email:a"},
        any_order=False,
    ),
    Case(
        "an objection under an old id holds for the survivor",
        (form("a", "e1"), form("b", "e2"), merge("b", "a"), do_not_score("a", True), form("b", "e3"), form("a", "e4")),
        {"b": None},
        {"a": "b"},
        any_order=False,
    ),
    Case(
        "who no longer objects begins with nothing",
        (form("a", "e1"), do_not_score("a", True), form("a", "e2"), do_not_score("a", False), form("a", "e3")),
        {"a": 50},
        any_order=False,
    ),
)


def fact_of(statement: Statement, number: int, arrival_ms: int) -> InputFact:
    """The fact that a statement makes; number: its place in the story."""
    fact_id, occurred_at_ms = f"u{number}", arrival_ms - statement.ago_ms
    if isinstance(statement.what, str):
        return Event(statement.what, "form_submission", occurred_at_ms, arrival_ms, {"form": statement.what}, {})
    times = (fact_id, occurred_at_ms, arrival_ms)
    rank = BROWSER_RANK if statement.what.get("rank") == "browser" else SERVER_RANK
    match statement.what:
        case {"update": "merge", "from": source}:
            return Merged(*times, source, False)
        case {"update": "identify", "anonymous_id": source}:
            return Merged(*times, source, True, rank)
        case {"update": "unmerge", "from": source}:
            return Unmerged(*times, source)
        case {"update": "erase"}:
            return Erased(*times)
        case {"update": "do_not_score", "do_not_score": objected}:
            return ObjectionChanged(*times, objected)
        case {"update": "attributes", "attributes": attributes}:
            return AttributesWritten(*times, attributes, rank)
        case {"type": event_type}:
            return Event(fact_id, event_type, occurred_at_ms, arrival_ms, {}, {})
        case {"update": "suppressed", "suppressed": suppressed}:
            return SuppressionChanged(*times, suppressed)
        case {"update": "verdict", "event_id": event_id, "actor": actor}:
            return Verdict(*times, event_id, actor)
    raise AssertionError(statement)
