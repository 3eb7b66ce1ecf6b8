"""What the API is asked by a page for people and by programs, and how long its answers take."""

from __future__ import annotations

import http.client
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import orjson

from tests.bench.crowd import COMPANIES, name_of
from tests.bench.report import Figure
from tests.harness.apis import ALL, bearer

PAGE = 50
MOST_LISTED = 200
SPREADS_ARE_TOLD_SECONDS = 10.1
RARE = f"company:Company {COMPANIES - 1}"
SEGMENT = {
    "scores": [{"score": "engagement", "at_least": 16}, {"score": "fit", "stages": ["A"]}],
    "attributes": [{"attribute": "country", "equals": "DE"}],
}

Question = Callable[[], str]
"""A path with its query, another one each time where that is in its nature."""


class Asker:
    """Asks one API over one connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None) -> Any:
        """The JSON of the answer; raises RuntimeError where it is no 200."""
        self._connection.request(method, path, body, bearer(ALL))
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            message = f"{method} {path}: wanted 200; got {answer.status} {content[:200]!r}"
            raise RuntimeError(message)
        return orjson.loads(content)

    def ms(self, path: str, method: str = "GET", body: bytes | None = None) -> float:
        """How long it took to get the answer."""
        began = time.perf_counter()
        self.ask(path, method, body)
        return (time.perf_counter() - began) * 1000

    def place_of_page(self, number: int) -> str:
        """The cursor of the page of that number, by asking for all before it."""
        cursor: dict[str, str] = {}
        remaining = (number - 1) * PAGE
        while remaining:
            limit = min(remaining, MOST_LISTED)
            cursor = {"cursor": self.ask(_listed(limit=limit, **cursor))["next"]}
            remaining -= limit
        return cursor["cursor"]


def questions(asker: Asker, contacts: int) -> dict[str, Question]:
    """All kinds of questions by their names."""
    chance = random.Random(1)
    far = max(2, min(1_000, contacts // PAGE // 2))

    def contact() -> str:
        return f"/api/contacts/{name_of(chance.randrange(contacts))}"

    fixed = {
        "top page": _listed(),
        "10th page": _listed(cursor=asker.place_of_page(min(10, far))),
        f"page {far}": _listed(cursor=asker.place_of_page(far)),
        "lowest first": _listed(order="asc"),
        "stage warm": _listed(stage="warm"),
        "at most 3": _listed(at_most=3),
        "10 to 15": _listed(at_least=10, at_most=15),
        "attribute of many": _listed(attribute="country:DE"),
        "attribute of few": _listed(attribute=RARE),
        "distribution": "/api/scores/engagement/distribution",
        "segments, counted": "/api/segments",
    }
    of_one = {
        "contact": contact,
        "explanation": lambda: f"{contact()}/explanation",
        "history": lambda: f"{contact()}/history",
    }
    return {name: lambda path=path: path for name, path in fixed.items()} | of_one


def answered(asker: Asker, asked: Mapping[str, Question], rounds: int) -> list[Figure]:
    """Median and 95th percentile of each, asked in turns."""
    took: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, question in asked.items():
            took[name].append(asker.ms(question()))
    return [figure for name, found in took.items() for figure in figures_of(name, found)]


def counted_anew(asker: Asker, contact: Question, rounds: int) -> list[Figure]:
    """The same of a contact when all that is remembered of its scores is too old, and of a segment when it is put."""
    took: dict[str, list[float]] = {"contact": [], "segment": []}
    for _ in range(rounds):
        time.sleep(SPREADS_ARE_TOLD_SECONDS)
        took["contact"].append(asker.ms(contact()))
        took["segment"].append(asker.ms("/api/segments/bench", "PUT", orjson.dumps(SEGMENT)))
    return [figure for name, found in took.items() for figure in figures_of(f"{name} anew", found)]


def ask_at_once(port: int, asked: Mapping[str, Question], clients: int) -> None:
    """Each client asks everything, all at the same time."""

    def ask(_: int) -> None:
        asker = Asker(port)
        for question in asked.values():
            asker.ask(question())

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, range(clients)))


def _listed(**query: Any) -> str:
    return "/api/contacts?" + urlencode({"score": "engagement", "limit": PAGE} | query)


def figures_of(name: str, found: Sequence[float]) -> list[Figure]:
    """The median and the 95th percentile. found: milliseconds."""
    ordered = sorted(found)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return [Figure(f"{name}, p50", statistics.median(ordered), "ms"), Figure(f"{name}, p95", p95, "ms")]
