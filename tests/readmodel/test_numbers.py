"""What the API says is what the core says of all raw events, on both databases."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from streamprocessor.contract.topics.topics import IN
from streamprocessor.offline.score_file import read_facts, score_offline
from tests.harness.apis import ApiProcess
from tests.harness.system import until
from tests.readmodel.conftest import ScoredSystem, empty_database

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def api(
    request: pytest.FixtureRequest, scored: ScoredSystem, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiProcess]:
    """An api on each kind of database, which is only asked."""
    folder, url = tmp_path_factory.mktemp("api"), empty_database(request)
    process = ApiProcess(scored.system.settings, folder, database_url=url).start()
    try:
        asyncio.run(process.ready())
        yield process
    finally:
        process.discard()


async def all_answers(scored: ScoredSystem, at_ms: int) -> dict[str, dict[str, Any]]:
    """`score --at` over everything that was sent, by contact."""
    lines = []
    for topic in scored.system.layout.topics:
        if topic.direction == IN:
            for record in await scored.system.read(topic.name):
                body = orjson.loads(record.value) | {"contact_id": record.key.decode()}
                if topic.event_type:
                    body |= {"type": topic.event_type}
                lines.append(orjson.dumps(body))
    facts = read_facts(lines, lambda bad: pytest.fail(str(bad)))
    return {answer["contact_id"]: answer for answer in score_offline(scored.model, facts, at_ms)}


async def test_scores_explanations_and_lists_equal_the_core_for_100_contacts(
    scored: ScoredSystem, api: ApiProcess
) -> None:
    at_ms = int(time.time() * 1000)
    expected = await all_answers(scored, at_ms)

    chosen = random.Random(1).sample(sorted(expected), 100)
    for contact in chosen:
        found = api.get(f"/api/contacts/{contact}", at=at_ms)
        assert found["scores"] == expected[contact]["scores"], contact
        explained = api.get(f"/api/contacts/{contact}/explanation", at=at_ms)
        assert explained["explanation"] == expected[contact]["explanation"], contact

    async def listed_and_exact() -> list[tuple[Any, Any]]:
        listed = every_contact(api, score="engagement")
        exact = await all_answers(scored, int(time.time() * 1000))
        assert len(listed) == len(exact)
        return [(in_list(contact), as_listed(exact[contact["contact_id"]])) for contact in listed]

    def is_equal(pairs: Any) -> bool:
        return all(listed == exact for listed, exact in pairs)

    # Scores decay: somebody may have made a step between the list and what it is compared with.
    await until(listed_and_exact, is_equal, 30, "lists that equal the core")


def in_list(contact: dict[str, Any]) -> Any:
    """What a list says of a contact that the core says too."""
    values = contact["scores"].get("interest", {"values": {}})["values"]
    return contact["score"], contact["stage"], contact["scores"]["grade"]["stage"], set(values)


def as_listed(answer: dict[str, Any]) -> Any:
    """The same of the core's answer."""
    scores = answer["scores"]
    engagement = scores["engagement"]
    return engagement["score"], engagement["stage"], scores["grade"]["stage"], set(scores["interest"]["values"])


def every_contact(api: ApiProcess, **query: Any) -> list[dict[str, Any]]:
    """All pages of a list, one after the other."""
    contacts: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/api/contacts", limit=37, **query, **cursor)
        contacts += page["contacts"]
        if page["next"] is None:
            return contacts
        cursor = {"cursor": page["next"]}


async def test_lists_are_in_order_filters_hold_and_counts_agree(scored: ScoredSystem, api: ApiProcess) -> None:

    async def between_two_steps() -> tuple[Any, ...] | None:
        """Lists and the distribution with no step of anybody between them: scores decay meanwhile."""
        down = every_contact(api, score="engagement")
        up = every_contact(api, score="engagement", order="asc")
        distribution = api.get("/api/scores/engagement/distribution")
        of_stages = {
            stage["stage"]: every_contact(api, score="engagement", stage=stage["stage"])
            for stage in distribution["stages"]
        }
        between = every_contact(api, score="engagement", at_least=10, at_most=20)
        same = every_contact(api, score="engagement") == down
        return (down, up, distribution, of_stages, between) if same else None

    down, up, distribution, of_stages, between = await until(between_two_steps, bool, 60, "lists between two steps")
    assert [c["contact_id"] for c in up] == [c["contact_id"] for c in down][::-1]
    marks = [c["unrounded"] for c in down]
    assert marks == sorted(marks, reverse=True)
    assert len({c["contact_id"] for c in down}) == len(down)
    assert down[0]["relative"] == 100

    assert (distribution["lowest"], distribution["highest"]) == (marks[-1], marks[0])
    assert distribution["median"] == pytest.approx(
        statistics.median(marks), rel=1e-12
    )  # of an even number it adds floats
    assert distribution["count"] == len(down) == sum(bucket["count"] for bucket in distribution["buckets"])
    for stage in distribution["stages"]:
        assert len(of_stages[stage["stage"]]) == stage["count"]
        assert {c["stage"] for c in of_stages[stage["stage"]]} == {stage["stage"]}
    assert between == [c for c in down if 10 <= c["score"] <= 20]
    assert between

    value = api.get("/api/scores/interest/values")["values"][0]
    assert len(every_contact(api, score="interest", value=value["value"])) == value["count"]
    assert {stage["stage"] for stage in api.get("/api/scores/grade/distribution")["stages"]} <= {
        f"{row}{column}" for row in "AB" for column in "123"
    }


async def test_history_ends_with_what_is_shown_now_and_hot_leads_are_those_announced(
    scored: ScoredSystem, api: ApiProcess
) -> None:
    announced = await scored.system.values("became-hot-lead")
    assert announced

    def hot_leads() -> list[dict[str, Any]]:
        page: dict[str, list[dict[str, Any]]] = api.get("/api/hot-leads", limit=200)
        titles = ("display_name", "subtitle")
        return [{word: lead[word] for word in lead if word not in titles} for lead in page["hot_leads"]]

    await until(hot_leads, lambda found: len(found) == len(announced), 10, "all hot leads")
    key = orjson.dumps
    assert sorted(map(key, hot_leads())) == sorted(map(key, announced))
    for contact in random.Random(2).sample(api.get("/api/contacts", limit=100)["contacts"], 20):
        path = f"/api/contacts/{contact['contact_id']}"

        def newest_and_shown(path: str = path) -> tuple[Any, Any]:
            steps = api.get(f"{path}/history", limit=200)["steps"]
            assert [step["sequence"] for step in steps] == list(range(len(steps), 0, -1))
            return steps[0]["scores"]["engagement"]["score"], api.get(path)["scores"]["engagement"]["score"]

        await until(newest_and_shown, lambda both: both[0] == both[1], 10, "a history that ends with what is shown")
