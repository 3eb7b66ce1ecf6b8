"""A record is the same after it was bytes."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.changelog.record_codec import VERSION, decode_record, encode_record
from streamprocessor.contract.changelog.record_layout import Head, LinksLayout, SourceLayout
from streamprocessor.contract.events.transfers import decode_transfer, transfer_message
from streamprocessor.errors import OperatorError, RecordError
from streamprocessor.scoring.model.model import DAY_MS, E15, NANO, Model, Score
from streamprocessor.scoring.model.rules import EventRule, HalfLife, InactivityRule
from streamprocessor.scoring.record.attribute_writes import rank_of
from streamprocessor.scoring.record.evidence import Evidence, StoredEvent
from streamprocessor.scoring.record.facts import BROWSER_RANK, SERVER_RANK, AttributesWritten, Event, Merged, Verdict
from streamprocessor.scoring.record.links import ChildEvidence, EvidenceSource, IdentityLinks, MergeClaim, Rivals
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.suppression import SuppressionWord
from streamprocessor.scoring.record.transfers import (
    ClaimTransfer,
    ErasureTransfer,
    EvidenceTransfer,
    ObjectionTransfer,
    OutgoingTransfer,
    RivalsTransfer,
    Transfer,
)
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.terms.decay_laws import ExpiresAfter
from tests.harness.example_share import share
from tests.scoring.histories import histories
from tests.scoring.models import Taste, models

START_MS = 1_790_000_000_000
RULES = (
    EventRule("none", ("click",), 900_000 * E15),
    EventRule("half", ("click",), 900_000 * E15, decay=HalfLife(30.0 * DAY_MS)),
    EventRule("expires", ("buy",), 900_000 * E15, decay=ExpiresAfter(500 * DAY_MS)),
)


def event(event_id: str, day: int, arrival_day: int | None = None, event_type: str = "click") -> Event:
    arrival = day if arrival_day is None else arrival_day
    return Event(event_id, event_type, START_MS + day * DAY_MS, START_MS + arrival * DAY_MS, {"url": "u"}, {})


def same(left: Record, right: Record) -> bool:
    """Whether two records hold the same; evidence may lie packed in one of them."""
    fields = [field.name for field in dataclasses.fields(Record) if field.name != "evidence"]
    pieces = sorted(left.evidence.events()) == sorted(right.evidence.events())
    return pieces and all(getattr(left, name) == getattr(right, name) for name in fields)


@share(40)
@given(data=st.data())
def test_encoding_and_decoding_is_the_identity(data: st.DataObject) -> None:
    model = data.draw(models(Taste(window_ms=10 * DAY_MS, precisions_nano=(5 * NANO, 10 * NANO))))
    scorer = Scorer(model)
    record = scorer.blank()
    for fact in data.draw(histories(model)):
        scorer.apply_in_place(record, [fact])
    once = decode_record(encode_record(record))
    assert same(once, record)
    assert encode_record(once) == encode_record(record)


def test_amounts_beyond_64_bits_survive() -> None:
    scorer = Scorer(Model("m", "v", (Score("s", RULES, precision_nano=100_000 * NANO),)))
    record = scorer.blank()
    scorer.apply_in_place(record, [event("e1", 0), event("e2", 0, event_type="buy")])
    scorer.apply_in_place(record, [event("e3", 40)])
    assert record.compacted is not None
    again = decode_record(encode_record(record))
    assert same(again, record)
    assert scorer.scores_at(again, again.at_ms) == scorer.scores_at(record, record.at_ms)


def test_amounts_of_a_value_beyond_64_bits_survive() -> None:
    score = Score("s", RULES, precision_nano=100_000 * NANO, by="properties.url")
    scorer = Scorer(Model("m", "v", (score,)))
    record = scorer.blank()
    scorer.apply_in_place(record, [event("e1", 0), event("e2", 0, event_type="buy")])
    scorer.apply_in_place(record, [event("e3", 40)])
    assert record.compacted is not None
    assert record.compacted.by_value["s@properties.url"]["u"].rules["s/none"].amount == 900_000 * E15
    again = decode_record(encode_record(record))
    assert same(again, record)
    assert scorer.scores_at(again, again.at_ms) == scorer.scores_at(record, record.at_ms)


def test_a_piece_in_packed_bytes_is_found_by_its_id_and_only_by_it() -> None:
    scorer = Scorer(Model("m", "v", (Score("s", RULES[:1]),)))
    record = scorer.blank()
    scorer.apply_in_place(record, [event("1", 0), event("ü" * 40, 1, 2), event("x" * 300, 1)])
    evidence = decode_record(encode_record(record)).evidence
    assert [evidence.may_hold(id_) for id_ in ("1", "ü" * 40, "x" * 300)] == [True] * 3
    assert [evidence.may_hold(id_) for id_ in ("2", "ü" * 39, "u", "\ud800")] == [False] * 4
    long_named = evidence.find("ü" * 40)
    assert long_named is not None
    assert (long_named.occurred_at_ms, long_named.arrival_ms) == (START_MS + DAY_MS, START_MS + 2 * DAY_MS)


def test_new_events_join_what_is_packed_already() -> None:
    scorer = Scorer(Model("m", "v", (Score("s", RULES[:1]),)))
    record = scorer.blank()
    for day in range(3):
        scorer.apply_in_place(record, [event(f"e{day}", day)])
        record = decode_record(encode_record(record))
    assert [piece.id for piece in record.evidence.events()] == ["e0", "e1", "e2"]
    assert scorer.scores_at(record, record.at_ms)["s"].presented_nano == 2_700_000 * NANO


def test_names_are_forgotten_with_the_events_that_had_them() -> None:
    quiet = InactivityRule("quiet", None, DAY_MS, 0)
    scorer = Scorer(Model("m", "v", (Score("s", (quiet,)),)))
    record = scorer.blank()
    sizes = []
    for day in range(0, 400, 10):
        scorer.apply_in_place(
            record, [event(f"e{day}-{n}", day, event_type=f"a type of its own {day} {n}") for n in range(10)]
        )
        value = encode_record(record)
        record = decode_record(value)
        sizes.append(len(value))
    assert max(sizes[20:]) <= max(sizes[:20]) + 200
    assert len({piece.type for piece in record.evidence.events()}) == len(record.evidence)


def test_everything_that_is_not_evidence_survives() -> None:
    scorer = Scorer(Model("m", "v", (Score("s", RULES),), revision=7))
    record = scorer.blank()
    record.offsets = {0: 17, 3: 2**40}
    written = AttributesWritten("a", START_MS, START_MS, {"title": "CEO", "tags": ["a", {"b": None}], "size": 1.5})
    scorer.apply_in_place(record, [written, Verdict("v", START_MS, START_MS, "e", "scanner")])
    record.suppressed = SuppressionWord(True, START_MS, "s", "unsubscribe")
    record.derived.suppression = SuppressionWord(False, START_MS + 1, "r", "resubscribe")
    record.episodes = {"s": (3, START_MS)}
    assert same(decode_record(encode_record(record)), record)


def claimed(*ranks: int) -> Record:
    """A record with an attribute written, and a visitor claimed, by each of these ranks."""
    scorer = Scorer(Model("m", "v", (Score("s", RULES),)))
    record = scorer.blank()
    for number, rank in enumerate(ranks):
        at_ms = START_MS + number
        merged = Merged(f"m{number}", at_ms, at_ms, "anon:v", identified=True, rank=rank)
        written = AttributesWritten(f"a{number}", at_ms, at_ms, {f"name-{number}": number}, rank)
        scorer.apply_with_links_in_place("jane", record, [merged], [written])
    return record


@pytest.mark.parametrize("ranks", [(BROWSER_RANK,), (SERVER_RANK, BROWSER_RANK), (BROWSER_RANK, SERVER_RANK)])
def test_what_browsers_wrote_and_claimed_stays_theirs(ranks: tuple[int, ...]) -> None:
    record = claimed(*ranks)
    again = decode_record(encode_record(record))
    assert same(again, record)
    assert encode_record(again) == encode_record(record)
    assert [rank_of(again.attributes[f"name-{number}"]) for number in range(len(ranks))] == list(ranks)
    assert again.links is not None
    assert again.links.claims_on_children["anon:v"].is_by_browser is (SERVER_RANK not in ranks)


def test_a_record_without_what_browsers_said_has_the_bytes_that_it_had_before_there_were_ranks() -> None:
    value = encode_record(claimed(SERVER_RANK))
    fields = msgspec.msgpack.decode(value[1:])
    bonds = fields[Head.__struct_fields__.index("bonds")]
    never, stamp = [-1, ""], [START_MS, "m0"]
    assert bonds[LinksLayout.__struct_fields__.index("wants")] == {"anon:v": [stamp, stamp, never]}
    assert fields[Head.__struct_fields__.index("attributes")] == {"name-0": [0, START_MS, "a0"]}
    assert encode_record(decode_record(value)) == value


def test_rivals_survive_and_take_no_room_where_there_are_none() -> None:
    record = Record(links=IdentityLinks(erased_at_ms=1))
    none = msgspec.msgpack.decode(encode_record(record)[1:])[Head.__struct_fields__.index("bonds")]
    assert len(none) == LinksLayout.__struct_fields__.index("rivals")

    record.links = IdentityLinks(rivals={"email:0c9d": Rivals(7, ("crm-1", "shop-3")), "email:1d": Rivals(8, ())})
    assert decode_record(encode_record(record)) == record


@pytest.mark.parametrize(
    ("transfer", "version"),
    [
        (RivalsTransfer(7, "email:0c9d", 5, ("crm-1", "shop-3")), 3),
        (ErasureTransfer(7, 5, "crm-1"), 1),
        (ObjectionTransfer(7, (True, 5, "o"), "crm-1"), 1),
    ],
)
def test_what_goes_to_all_of_a_person_and_to_rivals_travels_as_it_is(transfer: Transfer, version: int) -> None:
    message = transfer_message(OutgoingTransfer("shop-3", transfer))
    assert message.value is not None
    assert message.value[0] == version  # programs that know no rivals stop at them
    assert decode_transfer("shop-3", message.value, None, 7) == transfer


def test_an_erasure_of_a_program_before_says_no_sender() -> None:
    value = b"\x01" + msgspec.msgpack.encode(["erasure", 5])
    assert decode_transfer("jane", value, None, 7) == ErasureTransfer(7, 5)


@pytest.mark.parametrize("rank", [BROWSER_RANK, SERVER_RANK])
def test_a_claim_travels_with_its_rank(rank: int) -> None:
    stamp = (START_MS, "m")
    claim = MergeClaim(stamp, stamp) if rank == SERVER_RANK else MergeClaim(browser_first=stamp, browser_last=stamp)
    message = transfer_message(OutgoingTransfer("anon:v", ClaimTransfer(0, "jane", claim)))
    assert message.value is not None
    assert len(msgspec.msgpack.decode(message.value[1:])[2]) == (3 if rank == SERVER_RANK else 5)
    assert decode_transfer("anon:v", message.value, None, 7) == ClaimTransfer(7, "jane", claim)


@pytest.mark.parametrize("value", [bytes([VERSION + 1]) + b"what comes", b""])
def test_a_record_of_a_newer_program_is_refused(value: bytes) -> None:
    with pytest.raises(OperatorError, match=f"up to version {VERSION}"):
        decode_record(value)


def test_a_damaged_record_is_refused() -> None:
    value = encode_record(Record())
    with pytest.raises(OperatorError, match="can't be read"):
        decode_record(value[:-3])


@pytest.mark.parametrize("names", [7, "a text", [1, 2]])
def test_a_record_whose_table_of_names_is_none_is_refused(names: object) -> None:
    fields = msgspec.msgpack.decode(encode_record(Record())[1:])
    fields[Head.__struct_fields__.index("names")] = names
    with pytest.raises(OperatorError, match="can't be read"):
        decode_record(bytes([VERSION]) + msgspec.msgpack.encode(fields))


def test_what_most_contacts_do_not_have_may_be_there_and_empty_as_programs_before_wrote_it() -> None:
    scorer = Scorer(Model("m", "v", (Score("s", RULES),)))
    record = scorer.blank()
    scorer.apply_in_place(record, [event("e1", 0)])
    value = encode_record(record)
    fields = msgspec.msgpack.decode(value[1:])
    assert Head.__struct_fields__[len(fields) :] == ("bonds", "traces", "values", "by", "suppressed_by", "suppression")
    longer = bytes([VERSION]) + msgspec.msgpack.encode([*fields, None, b"", {}, {}, "", None])
    assert same(decode_record(longer), decode_record(value))


@pytest.mark.parametrize("names", [7, "a text", [1, 2]])
def test_a_table_of_names_in_the_evidence_of_another_contact_is_looked_at_as_well(names: object) -> None:
    evidence = Evidence(fresh={"e": StoredEvent("e", START_MS, START_MS, "human", "click", {})})
    source = EvidenceSource("child", "parent", (START_MS, "m"), START_MS, evidence=evidence)
    record = Record(links=IdentityLinks(children={"child": ChildEvidence(1, [source])}))
    fields = msgspec.msgpack.decode(encode_record(record)[1:])
    bonds = fields[Head.__struct_fields__.index("bonds")]
    ((_, (row,)),) = bonds[LinksLayout.__struct_fields__.index("parts")].values()
    sent = ["evidence", "child", 1, (START_MS, "m"), [row]]
    whole = decode_transfer("parent", bytes([VERSION]) + msgspec.msgpack.encode(sent), None, START_MS)
    assert isinstance(whole, EvidenceTransfer)
    assert whole.sources[0].evidence.events() == source.evidence.events()
    row[SourceLayout.__struct_fields__.index("names")] = names
    with pytest.raises(OperatorError, match="can't be read"):
        decode_record(bytes([VERSION]) + msgspec.msgpack.encode(fields))
    with pytest.raises(RecordError, match="wanted a message between contacts"):
        decode_transfer("parent", bytes([VERSION]) + msgspec.msgpack.encode(sent), None, START_MS)
