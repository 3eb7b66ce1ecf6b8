"""Secrets that delivery makes: sealed at rest, two of them sign for a day, and none outlives its subscription."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio

from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.delivery.secret_vault import UNNAMED_KEPT_MS, MadeSecret, SecretVault
from streamprocessor.delivery.store.database import Database
from streamprocessor.delivery.store.store import Store
from streamprocessor.delivery.store.store_thread import StoreThread
from streamprocessor.delivery.subscriptions.kept_secrets import FORMER_SIGNS_MS, KeptSecrets
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.delivery.subscriptions.secret_box import KEY_FILE, SecretBox
from streamprocessor.delivery.subscriptions.secret_references import SecretReferences
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.delivery.subscriptions.signing import signed_headers, signer_of
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.clients import ClientSettings
from tests.delivery.leads import FRIDAY_MS
from tests.harness.deliveries import SECRET

BODY = b'{"a":1}'


class Safe:
    """A vault on a database of a folder, and what resolves subscriptions with it, at an instant that a test sets."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now_ms = folder, FRIDAY_MS
        self.store_thread = StoreThread(Store(Database(f"sqlite:///{folder / 'delivery.sqlite'}")))
        self.kept = KeptSecrets(SecretBox(folder), lambda: self.now_ms)
        self.vault = SecretVault(self.store_thread, self.kept)

    def plan(self, *secrets: str, name: str = "crm") -> DeliveryPlan:
        said = {"url": "https://a.example", "events": ["score-updated"], "secrets": secrets}
        segments = Segments(ClientSettings("localhost:1"), "models")
        references = SecretReferences({"HOOK_SECRET": SECRET}, self.folder)
        resolver = SubscriptionResolver(references, self.folder, frozenset(), Phrases(), segments, self.kept)
        return resolver.bounded_plan_of(parse_subscription(name, json.dumps(said), "test"), "HOOK_")

    def signs(self, plan: DeliveryPlan, *secrets: str) -> bool:
        """Whether these secrets, and no others, sign now."""
        wanted = signed_headers("w", BODY, [signer_of(secret, "s") for secret in secrets], self.now_ms)
        return signed_headers("w", BODY, plan.signers_at(self.now_ms), self.now_ms) == wanted


@pytest_asyncio.fixture
async def safe(tmp_path: Path) -> AsyncIterator[Safe]:
    found = Safe(tmp_path)
    await found.vault.open()
    yield found
    await found.store_thread.close()


async def test_a_secret_that_was_made_signs_and_is_there_after_a_restart(safe: Safe, tmp_path: Path) -> None:
    made = await safe.vault.make("crm")
    assert made.reference == "kept:crm/1"
    assert safe.signs(safe.plan(made.reference), made.secret)

    again = Safe(tmp_path)
    await again.vault.open()
    assert again.signs(again.plan(made.reference), made.secret)
    await again.store_thread.close()


async def test_a_dump_of_the_database_gives_no_secret_and_the_key_is_its_owners_alone(
    safe: Safe, tmp_path: Path
) -> None:
    made = await safe.vault.make("crm")
    with closing(sqlite3.connect(tmp_path / "delivery.sqlite")) as connection:
        dump = "\n".join(connection.iterdump())
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.name.startswith("delivery.sqlite"))

    key = made.secret.removeprefix("whsec_")
    assert key not in dump
    assert key.encode() not in stored
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


async def test_the_secret_before_signs_beside_the_new_one_for_a_day(safe: Safe) -> None:
    first = await safe.vault.make("crm")
    safe.now_ms += 10 * FORMER_SIGNS_MS
    second = await safe.vault.make("crm")
    plan = safe.plan(second.reference, first.reference)
    assert second.reference == "kept:crm/2"
    assert safe.signs(plan, second.secret, first.secret)

    safe.now_ms += FORMER_SIGNS_MS - 1
    assert safe.signs(plan, second.secret, first.secret)
    safe.now_ms += 1
    assert safe.signs(plan, second.secret)
    assert safe.signs(safe.plan(second.reference, first.reference), second.secret), "after a restart, too"


async def test_a_reference_of_ones_own_that_was_replaced_by_a_kept_one_signs_for_a_day_too(safe: Safe) -> None:
    made = await safe.vault.make("crm")
    plan = safe.plan(made.reference, "env:HOOK_SECRET")
    assert safe.signs(plan, made.secret, SECRET)
    safe.now_ms += FORMER_SIGNS_MS
    assert safe.signs(plan, made.secret)
    assert safe.signs(safe.plan(made.reference, "env:HOOK_GONE"), made.secret), "nobody looks for it any more"


async def test_nobody_signs_with_the_secret_of_another_subscription(safe: Safe) -> None:
    made = await safe.vault.make("crm")
    with pytest.raises(OperatorError, match="wanted a secret that is kept for 'other'; got that of another"):
        safe.plan(made.reference, name="other")


async def test_a_secret_that_is_not_there_or_of_another_key_is_refused_with_what_to_do(
    safe: Safe, tmp_path: Path
) -> None:
    with pytest.raises(OperatorError, match=r"kept:crm/1 is none: make a new one on the page"):
        safe.plan("kept:crm/1")
    made = await safe.vault.make("crm")
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(OperatorError, match="delivery-key") as refused:
        safe.plan(made.reference)
    assert made.secret not in str(refused.value)
    fresh = await safe.vault.make("crm")
    with pytest.raises(OperatorError, match=r"kept:crm/1: can't be opened with the key"):
        safe.plan(made.reference)
    assert safe.signs(safe.plan(fresh.reference), fresh.secret)


async def test_a_new_secret_signs_alone_where_the_one_before_can_not_be_used(safe: Safe, tmp_path: Path) -> None:
    await safe.vault.make("crm")
    (tmp_path / KEY_FILE).unlink()
    new = await safe.vault.make("crm")
    for former in ("kept:crm/1", "kept:crm/9", "env:HOOK_NOWHERE", "file:nowhere"):
        assert safe.signs(safe.plan(new.reference, former), new.secret), former


async def test_what_is_sealed_opens_at_its_own_place_alone_and_unchanged(tmp_path: Path) -> None:
    box = SecretBox(tmp_path)
    sealed = box.sealed("kept:crm/1", "s3cret")
    assert box.opened("kept:crm/1", sealed) == "s3cret"
    for place, content in (("kept:erp/1", sealed), ("kept:crm/1", sealed[:-1] + b"x"), ("kept:crm/1", b"")):
        with pytest.raises(OperatorError, match="can't be opened"):
            box.opened(place, content)


async def test_with_its_subscription_a_secret_goes_but_not_one_that_was_made_since(safe: Safe) -> None:
    old = await safe.vault.make("crm")
    other = await safe.vault.make("erp")
    ended_ms = safe.now_ms + 1_000
    safe.now_ms += 2_000
    new = await safe.vault.make("crm")

    await safe.vault.erase("crm", ended_ms)
    assert await references(safe) == {new.reference, other.reference}
    assert old.reference not in await references(safe)


async def test_what_no_subscription_names_goes_after_a_day(safe: Safe) -> None:
    former, present = await safe.vault.make("crm"), await safe.vault.make("crm")
    ended, refused = await safe.vault.make("ended"), await safe.vault.make("refused")

    async def tidied() -> set[str]:
        named = {"crm": safe.kept.in_use([present.reference, former.reference])}
        await safe.vault.tidy(named, ["refused"], safe.now_ms)
        return await references(safe)

    safe.now_ms += UNNAMED_KEPT_MS - 1
    assert await tidied() == {made.reference for made in (former, present, ended, refused)}
    safe.now_ms += 1
    assert await tidied() == {present.reference, refused.reference}


async def test_two_that_are_made_at_once_are_two(safe: Safe) -> None:
    made: list[MadeSecret] = await asyncio.gather(*(safe.vault.make("crm") for _ in range(5)))
    assert len({each.secret for each in made}) == 5
    assert {each.reference for each in made} == {f"kept:crm/{number}" for number in range(1, 6)}


async def references(safe: Safe) -> set[str]:
    """What a vault that is opened anew would know."""
    await safe.vault.open()
    return set(safe.kept.known)
