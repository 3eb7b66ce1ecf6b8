"""People told of through five doors, in any mix and order, while workers are killed: each is one contact, and true."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from math import floor
from pathlib import Path

import pytest

from streamprocessor.contract.changelog.entry import RESERVED, record_of
from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.readmodel.responses.address_conflicts import address_rivals
from streamprocessor.scoring.evidence.union import attributes_of, is_suppressed
from streamprocessor.scoring.identity.erasure import is_hidden
from streamprocessor.scoring.model.model import NANO, Model
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.settings import PREFIX
from tests.faults.conftest import MakeWorker
from tests.faults.people.chance import CONTACT_IDS, survivor_of
from tests.faults.people.doors import Teller
from tests.faults.people.oracle import Truth, truth_of
from tests.faults.people.people import Person, made_up
from tests.faults.people.sending import send_all
from tests.faults.people.wire import BROWSER_KEY, HOOKS, mapping_of
from tests.harness.collectors import CollectorProcess
from tests.harness.fixtures import missed_soon
from tests.harness.identity_verdict import IdentityRun, assert_whole, read_identity_run
from tests.harness.processes import ADDRESS_SALT
from tests.harness.settling import until_settled
from tests.harness.system import System
from tests.harness.workers import kill_in_turn

pytestmark = [pytest.mark.kafka, missed_soon]

#: The nightly run turns these up.
PEOPLE = int(os.environ.get("FAULT_PEOPLE", "40"))
KILLS = min(int(os.environ.get("FAULT_KILLS", "2")), 10)
SEED = int(os.environ.get("FAULT_SEED", "14"))
SECONDS_A_KILL = 2.0


@pytest.fixture
def collector(system: System, tmp_path: Path) -> Iterator[CollectorProcess]:
    process = CollectorProcess(
        system.settings,
        tmp_path,
        browser_keys=f"site={BROWSER_KEY}",
        rate_limit_per_second=0,
        new_contacts_per_minute=0,
        identities_per_contact=0,
        **HOOKS,
    )
    yield process
    process.discard()


async def test_each_of_the_people_is_one_contact_with_her_own_score_suppression_and_name_however_she_was_told_of(
    system: System,
    worker: MakeWorker,
    collector: CollectorProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"{PREFIX}ADDRESS_SALT", ADDRESS_SALT)  # for the import's addresses
    now_ms = int(time.time() * 1000)
    people = made_up(SEED, PEOPLE, now_ms)
    tellings = Teller(SEED + 1, now_ms).all_of(people)
    model = await system.create(mapping_of("model"))
    workers = [worker("blue"), worker("green")]
    collector.start()
    for process in (*workers, collector):
        await process.ready()

    sending = asyncio.ensure_future(send_all(system, collector, tellings, tmp_path, KILLS * SECONDS_A_KILL))
    await kill_in_turn(workers, KILLS, sending)
    await collector.all_in_kafka()
    await until_settled(system, 60 + PEOPLE / 5)

    run = await read_identity_run(system)
    assert_whole(run)
    of_two_numbers = {CONTACT_IDS.address(each) for person in people if person.former for each in person.addresses}
    assert set(run.letters) <= {(address, "already-merged") for address in of_two_numbers}
    at_ms = int(time.time() * 1000)
    contacts = await _contacts(system)
    assert [address_rivals(record, model.addresses, CONTACT_IDS) for record in contacts.values()] == [[]] * PEOPLE
    got = {contact: _told_of(record, model, at_ms) for contact, record in contacts.items()}
    truths = {survivor_of(person): truth_of(person, at_ms) for person in people}
    assert got.keys() == truths.keys()
    assert {contact: told[1:] for contact, told in got.items()} == {
        contact: told[1:] for contact, told in truths.items()
    }
    for contact, truth in truths.items():
        assert got[contact].unrounded == pytest.approx(truth.unrounded, abs=1e-9), contact
    for person in people:
        _assert_subscribers_believe(run, person)
    shown = {contact for contact in run.score_updated if (told := run.histories(contact)[-1]) and told[-1]["scores"]}
    assert shown <= truths.keys()


def _assert_subscribers_believe(run: IdentityRun, person: Person) -> None:
    """Whoever keeps the last that was announced of the contact holds what is true now; a stranger's is 0 and cold."""
    announced = run.histories(survivor_of(person))[-1]
    shown = announced[-1]["scores"]["engagement"] if announced else {"score": 0, "stage": "cold"}
    at_ms = max(run.newest_arrival_ms, parse_rfc3339(announced[-1]["at"]) or 0) if announced else run.newest_arrival_ms
    unrounded = truth_of(person, at_ms).unrounded
    assert shown["score"] in {floor(unrounded + 0.5 + off) for off in (-1e-9, 0, 1e-9)}, (person, shown)
    assert shown["stage"] == ("hot" if shown["score"] >= 41 else "warm" if shown["score"] >= 16 else "cold")


async def _contacts(system: System) -> dict[str, Record]:
    """The last record of each contact that is not part of another."""
    table: dict[str, Record] = {}
    for entry in await system.read("contacts-changelog"):
        if entry.value is None:
            table.pop(entry.key.decode(), None)
        elif not entry.key.startswith(RESERVED):
            table[entry.key.decode()] = decode_record(record_of(entry.value))
    return {contact: record for contact, record in table.items() if not is_hidden(record)}


def _told_of(record: Record, model: Model, at_ms: int) -> Truth:
    """What a reader of the contact is told."""
    unrounded_nano = Scorer(model).scores_at(record, at_ms)["engagement"].unrounded_nano
    assert unrounded_nano is not None
    name, company = ((attributes_of(record).get(word) or [None])[0] for word in ("name", "company"))
    return Truth(unrounded_nano / NANO, is_suppressed(record), name, company)
