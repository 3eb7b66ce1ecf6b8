"""What came is counted once, whoever restarts meanwhile, and is there for the API and the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.harness.commands import run_command
from tests.harness.system import Sent, until
from tests.readmodel.conftest import MakeApi, ScoredSystem

pytestmark = pytest.mark.kafka


def of_type(answer: dict[str, Any], type_: str) -> dict[str, Any]:
    found: dict[str, Any] = next((seen for seen in answer["types"] if seen["type"] == type_), {})
    return found


async def test_what_came_is_counted_once_and_what_no_rule_asks_for_is_named(
    scored: ScoredSystem, new_api: MakeApi, model_file: Path
) -> None:
    events = [Sent("activities", b"c-1", {"id": f"w-{n}", "type": "Webinar", "properties": {"n": n}}) for n in range(7)]
    await scored.system.send(events)
    api = await new_api(database_url="").ready()

    async def counted(expected: int) -> dict[str, Any]:
        answer: dict[str, Any] = await until(
            lambda: api.get("/api/catalogue"),
            lambda found: of_type(found, "Webinar").get("count") == expected and bool(of_type(found, "page_visit")),
            30,
            f"{expected} counted",
        )
        return answer

    answer = await counted(7)
    webinar = of_type(answer, "Webinar")
    assert (webinar["contacts"], webinar["asked_by"], webinar["sources"]) == (1, [], {"kafka": 7})
    assert "engagement/pricing" in of_type(answer, "page_visit")["asked_by"]
    assert api.get("/api/contacts/c-1/events")["unscored"][0]["type"] == "Webinar"

    api.kill()
    api.start()
    await api.ready()
    await scored.system.send([Sent("activities", b"c-1", {"id": "w-8", "type": "Webinar"})])
    await counted(8)

    printed = await run_command(scored.system, "catalogue", "--json")
    assert of_type(orjson.loads(printed.output), "Webinar")["count"] == 8
    live = await run_command(scored.system, "model", "check", str(model_file), "--live")
    assert "no rule asks for Webinar (8 came)" in live.output
