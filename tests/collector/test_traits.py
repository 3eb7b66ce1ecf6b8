"""Traits at every door: null takes away, what a call leaves out stays, and what is too much is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from streamprocessor.collector.formats.jitsu import jitsu
from streamprocessor.collector.formats.native import native
from streamprocessor.collector.formats.posthog import posthog, posthog_v1
from streamprocessor.collector.formats.segment import segment
from streamprocessor.collector.formats.snowplow import snowplow
from streamprocessor.collector.http.validation import within_attribute_limits
from streamprocessor.collector.http.wire_format import DecodedEvents, WireFormat
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.rows import ImportRow
from streamprocessor.offline.score_file import read_facts
from streamprocessor.replay.linked_replay import replay
from streamprocessor.scoring.evidence.union import attributes_of
from streamprocessor.scoring.model.model import E15
from streamprocessor.scoring.model.rules import AttributeRule, Comparison
from streamprocessor.scoring.record.attribute_writes import present_values
from streamprocessor.scoring.scorer import Scorer
from tests.collector.formats.sdk_requests import CONTACT_IDS, NOW_MS, VOCABULARY, Taken, request_of, take
from tests.harness.mapped_files import read_csv
from tests.scoring.oracle.test_vectors import model_of

FORMATS: dict[str, WireFormat] = {
    "segment": segment(CONTACT_IDS, VOCABULARY),
    "rudder": segment(CONTACT_IDS, VOCABULARY),
    "jitsu": jitsu(CONTACT_IDS, VOCABULARY),
    "posthog": posthog(CONTACT_IDS, VOCABULARY),
    "posthog-browser": posthog(CONTACT_IDS, VOCABULARY),
    "posthog-v1": posthog_v1(CONTACT_IDS, VOCABULARY),
    "snowplow": snowplow(CONTACT_IDS, VOCABULARY),
}
DOORS = [*FORMATS, "native"]
SCORER = Scorer(model_of(AttributeRule("boss", Comparison("job_title", "equals", "CEO"), 1 * E15)))

Traits = dict[str, Any]


def stamped(minute: int) -> str:
    """So many minutes after a day before the requests arrive."""
    return format_rfc3339(NOW_MS - 86_400_000 + minute * 60_000)


def identify(door: str, traits: Traits, minute: int = 0) -> Taken:
    """What comes of the call that a door's SDK makes for an identify with these traits."""
    call: Traits = {"userId": "u-1", "timestamp": stamped(minute), "messageId": f"i-{minute}"}
    event = {"distinct_id": "u-1", "timestamp": stamped(minute), "uuid": f"i-{minute}"}
    bodies: dict[str, tuple[str, Any]] = {
        "segment": ("/v1/identify", call | {"traits": traits}),
        "rudder": ("/v1/batch", {"batch": [call | {"type": "identify", "context": {"traits": traits}}]}),
        "jitsu": ("/api/s/identify", call | {"traits": traits}),
        "posthog": ("/batch/", {"api_key": "k", "batch": [event | {"event": "$set", "$set": traits}]}),
        "posthog-browser": ("/e/", event | {"event": "$identify", "$set": traits, "properties": {"token": "k"}}),
        "posthog-v1": (
            "/i/v1/analytics/events",
            {"batch": [event | {"event": "$set", "properties": {"$set": traits}}]},
        ),
        "snowplow": ("/com.snowplowanalytics.snowplow/tp2", {"data": [snowplow_call(traits, minute)]}),
    }
    if door == "native":
        update = {"contact_id": "u-1", "update": "attributes", "attributes": traits, "id": f"i-{minute}"}
        update["occurred_at"] = stamped(minute)
        return take(native(), request_of("/v1/events", update))
    path, body = bodies[door]
    return take(FORMATS[door], request_of(path, body))


def snowplow_call(traits: Traits, minute: int) -> Traits:
    data = {"schema": "iglu:com.example/identify/jsonschema/1-0-0", "data": traits}
    envelope = {"schema": "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0", "data": data}
    at_ms = NOW_MS - 86_400_000 + minute * 60_000
    return {"e": "ue", "aid": "k", "uid": "u-1", "eid": f"i-{minute}", "dtm": str(at_ms), "ue_pr": dumped(envelope)}


def dumped(content: object) -> str:
    return orjson.dumps(content).decode()


def shown(*taken: Taken) -> Traits:
    """The attributes that the contact has then, whatever the order in which the calls arrive."""
    return shown_of([value for each in taken for value in each.values])


def shown_of(values: list[Traits]) -> Traits:
    answers = []
    for arriving in (values, values[::-1]):
        facts = read_facts(map(orjson.dumps, arriving), lambda bad: pytest.fail(str(bad)))
        record = replay(SCORER, facts, NOW_MS).records["u-1"]
        answers.append(present_values(attributes_of(record)))
    assert answers[0] == answers[1]
    return answers[0]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("nothing", [None, ""])
def test_what_is_set_to_null_is_taken_away_under_our_word_too(door: str, nothing: str | None) -> None:
    if door == "native":  # its words are ours
        assert shown(identify(door, {"job_title": "CEO"}), identify(door, {"job_title": None}, 1)) == {}
        return
    for name, word in (("title", "job_title"), ("jobTitle", "job_title"), ("firstName", "first_name")):
        taken = (identify(door, {name: "CEO", "plan": "pro"}), identify(door, {name: nothing}, 1))
        attributes = shown(*taken)
        assert word not in attributes
        assert attributes["plan"] == "pro"


@pytest.mark.parametrize("door", DOORS)
def test_a_name_that_still_has_a_value_keeps_our_word(door: str) -> None:
    traits = {"title": None, "jobTitle": "CTO", "job_title": None}
    if door != "native":
        assert shown(identify(door, traits))["job_title"] == "CTO"


@pytest.mark.parametrize("door", [door for door in DOORS if door != "native"])
def test_of_an_object_each_field_is_written_for_itself(door: str) -> None:
    first = identify(door, {"company": {"name": "Acme", "employees": 50, "industry": "tools"}})
    then = identify(door, {"company": {"employees": 80, "industry": None}}, 1)
    assert shown(first, then) == {"company.name": "Acme", "company.employees": 80}
    gone = identify(door, {"company": None}, 2)
    assert shown(first, then, gone) == {}


def segment_group(traits: Traits, minute: int, door: str = "segment") -> Taken:
    call = {"userId": "u-1", "groupId": "g-1", "timestamp": stamped(minute), "messageId": f"g{minute}"}
    path = {"segment": "/v1/group", "jitsu": "/api/s/group"}[door]
    return take(FORMATS[door], request_of(path, call | {"traits": traits}))


def jitsu_group(traits: Traits, minute: int) -> Taken:
    return segment_group(traits, minute, "jitsu")


def posthog_group(traits: Traits, minute: int) -> Taken:
    properties = {"$group_type": "company", "$group_key": "g-1", "$group_set": traits}
    event = {"event": "$groupidentify", "distinct_id": "u-1", "uuid": f"g{minute}", "timestamp": stamped(minute)}
    return take(FORMATS["posthog"], request_of("/batch/", {"batch": [event | {"properties": properties}]}))


@pytest.mark.parametrize("group", [segment_group, jitsu_group, posthog_group])
def test_a_group_keeps_what_a_later_call_leaves_out(group: Callable[[Traits, int], Taken]) -> None:
    calls = [group({"name": "Acme", "industry": "tools", "employees": 50}, 0), group({"employees": 80}, 1)]
    company = {"name": "Acme", "industry": "tools", "employees": 80, "id": "g-1"}
    assert shown(*calls) == {f"company.{field}": value for field, value in company.items()}


def test_an_anonymous_visitor_of_posthog_brings_its_group_along() -> None:
    properties = {"$group_type": "company", "$group_key": "g-1", "$device_id": "d-1", "$is_identified": False}
    event = {"event": "$groupidentify", "distinct_id": "d-1", "properties": properties}
    taken = take(FORMATS["posthog"], request_of("/e/", [event]))
    assert taken.updates == [("anon:d-1", "attributes", {"company.id": "g-1"})]


POSTHOGS = [("posthog", "/batch/"), ("posthog-browser", "/e/"), ("posthog-v1", "/i/v1/analytics/events")]


def posthog_set(door: str, path: str, properties: Traits, minute: int) -> Taken:
    event = {"event": "$set", "distinct_id": "u-1", "uuid": f"s-{minute}", "timestamp": stamped(minute)}
    return take(FORMATS[door], request_of(path, {"api_key": "k", "batch": [event | {"properties": properties}]}))


@pytest.mark.parametrize(("door", "path"), POSTHOGS)
def test_what_posthog_sets_once_holds_where_nothing_else_was_written_and_the_first_counts(door: str, path: str) -> None:
    def calls(*contents: Traits) -> list[Taken]:
        return [posthog_set(door, path, content, minute) for minute, content in enumerate(contents)]

    once, twice = {"$set_once": {"source": "ad", "title": "CEO"}}, {"$set_once": {"source": "mail", "plan": "pro"}}
    assert shown(*calls(once, twice)) == {"source": "ad", "title": "CEO", "job_title": "CEO", "plan": "pro"}
    said = {"$set": {"source": "fair"}}
    for first, second in ((said, twice), (twice, said)):
        assert shown(*calls(first, second)) == {"source": "fair", "plan": "pro"}


@pytest.mark.parametrize(("door", "path"), POSTHOGS)
def test_what_posthog_unsets_is_gone_under_our_word_too(door: str, path: str) -> None:
    calls: list[Traits] = [{"$set": {"title": "CEO", "plan": "pro"}}, {"$unset": ["title"]}]
    taken = [posthog_set(door, path, content, minute) for minute, content in enumerate(calls)]
    assert shown(*taken) == {"plan": "pro"}


def test_an_unset_that_is_no_list_of_names_is_refused_by_itself() -> None:
    taken = posthog_set("posthog", "/batch/", {"$unset": 1}, 0)
    assert [item.reason for item in taken.decoded.refused] == ["bad-properties"]


@pytest.mark.parametrize("door", DOORS)
def test_attributes_too_many_are_left_out_and_named(door: str) -> None:
    traits = {f"k{number}": number for number in range(500)} | {"jobTitle": "CEO"}
    taken = identify(door, traits)
    entries, left_out = within_attribute_limits(taken.decoded.entries)
    (only,) = left_out
    kept = [name for entry in entries for name in entry.value.get("attributes", ())]
    assert len(kept) == 256
    assert kept[:2] == (["k0", "k1"] if door == "native" else ["job_title", "k0"])
    assert sorted([*kept, *only.attributes]) == sorted(traits | ({} if door == "native" else {"job_title": "CEO"}))

    wire_format, decoded = FORMATS.get(door, native()), DecodedEvents(entries, left_out=left_out)
    if door == "snowplow":  # its answers are read by nobody
        return
    if door == "posthog-v1":
        parsed = wire_format.parse(request_of("/i/v1/analytics/events", {"batch": [{"uuid": "i-0"}]}))
        body = orjson.loads(wire_format.accepted_answer(request_of("/"), parsed, decoded).body)
        assert body["results"]["i-0"]["result"] == "warning"
        assert "k499" in body["results"]["i-0"]["details"]
    else:
        parsed = wire_format.parse(request_of("/v1/identify", {}))
        body = orjson.loads(wire_format.accepted_answer(request_of("/"), parsed, decoded).body)
        assert body["left_out"] == [{"index": 0, "attributes": only.attributes}]


def test_what_is_left_at_the_door_is_what_the_law_keeps() -> None:
    taken = identify("native", {f"k{number}": "x" * 900 for number in range(40)})
    entries, left_out = within_attribute_limits(taken.decoded.entries)
    kept = Taken(None, DecodedEvents(entries), taken.answer)
    assert set(shown(kept)) == set(entries[0].value["attributes"])
    assert len(left_out[0].attributes) == 40 - len(shown(kept))


def test_an_import_writes_fields_beside_those_that_came_from_elsewhere() -> None:
    columns = {"contact": "who", "occurred_at": "at", "attributes": {"company.industry": "field"}}
    content = f"who,at,field\nu-1,{stamped(1)},tools\n".encode()
    rows = list(read_csv([content], parse_mapping(dumped(columns), "mapping.yaml"), "companies.csv"))
    imported = [row.value | {"contact_id": row.contact_id} for row in rows if isinstance(row, ImportRow)]
    assert len(imported) == 1
    group = segment_group({"industry": "toys", "employees": 80}, 0)
    company = {"company.industry": "tools", "company.employees": 80, "company.id": "g-1"}
    assert shown_of([*group.values, *imported]) == company
