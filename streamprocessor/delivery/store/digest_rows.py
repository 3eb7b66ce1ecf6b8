"""What is collected for digests: deliveries that are not sent by themselves, until their digest has arrived.

A digest is made in one transaction: what it is of is marked with its id, and its day is kept. Its body is read when it
is sent, so that an erased contact is in none that is sent later.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from streamprocessor.contract.subscriptions.digests import DigestInstant
from streamprocessor.delivery.deliveries import DIGEST, NEXT_DIGEST, Delivery
from streamprocessor.delivery.store.tables import COLLECTED, DELIVERED, WAITING, deliveries, digests
from streamprocessor.process.databases import portions

MOST_IN_DIGEST = 500

_IS_COLLECTED = and_(deliveries.c.state == COLLECTED, deliveries.c.digest == NEXT_DIGEST)


def waits_or_is_collected() -> ColumnElement[bool]:
    """Whether a delivery is to be sent, by itself or in a digest that is yet to be made."""
    return or_(deliveries.c.state == WAITING, _IS_COLLECTED)


class DueDigest(NamedTuple):
    """What is to be made. webhook_id_of: the webhook id by a part's own id, the same whenever it is asked."""

    subscription: str
    instant: DigestInstant
    webhook_id_of: Callable[[str], str]


def make_digests(connection: Connection, due: DueDigest, now_ms: int) -> list[Delivery]:
    """The digests of the day, not numbered yet, of what was announced before it is due; none where it had some."""
    subscription, instant = due.subscription, due.instant
    day = instant.day.isoformat()
    newest = connection.scalar(select(digests.c.day).where(digests.c.subscription == subscription))
    if newest is not None and newest >= day:
        return []
    here = (deliveries.c.subscription == subscription, _IS_COLLECTED, deliveries.c.at_ms < instant.at_ms)
    numbers = connection.scalars(select(deliveries.c.number).where(*here).order_by(deliveries.c.number)).all()
    made = []
    for place in range(0, len(numbers), MOST_IN_DIGEST):
        part = f":{place // MOST_IN_DIGEST + 1}" if place else ""
        webhook_id = due.webhook_id_of(f"digest:{day}{part}")
        for some in portions(numbers[place : place + MOST_IN_DIGEST]):
            connection.execute(update(deliveries).where(deliveries.c.number.in_(some)).values(digest=webhook_id))
        made.append(Delivery(0, webhook_id, subscription, DIGEST, b"", instant.at_ms, now_ms))
    if made:
        _keep_day(connection, subscription, day)
    return made


def read_bodies(connection: Connection, digest: Delivery) -> list[bytes]:
    """The bodies of what is kept for the digest, in their order."""
    here = (deliveries.c.subscription == digest.subscription, deliveries.c.state == COLLECTED)
    kept = select(deliveries.c.body).where(*here, deliveries.c.digest == digest.webhook_id)
    return list(connection.scalars(kept.order_by(deliveries.c.number)))


def end_digest(connection: Connection, webhook_id: str, now_ms: int) -> None:
    """What was kept for the digest has arrived."""
    here = (deliveries.c.state == COLLECTED, deliveries.c.digest == webhook_id)
    connection.execute(update(deliveries).where(*here).values(state=DELIVERED, ended_ms=now_ms, body=b"", digest=None))


def end_collecting(connection: Connection, subscription: str) -> None:
    """Have what the subscription collected wait, each by itself."""
    here = (deliveries.c.subscription == subscription, _IS_COLLECTED)
    connection.execute(update(deliveries).where(*here).values(state=WAITING, digest=None))


def forget_bodies(connection: Connection) -> None:
    """Forget what is kept for digests that are kept no more."""
    kept = select(deliveries.c.webhook_id).where(deliveries.c.contact_id == DIGEST)
    is_of_one = and_(deliveries.c.state == COLLECTED, deliveries.c.digest != NEXT_DIGEST)
    connection.execute(delete(deliveries).where(is_of_one, deliveries.c.digest.not_in(kept)))


def _keep_day(connection: Connection, subscription: str, day: str) -> None:
    here = digests.c.subscription == subscription
    if not connection.execute(update(digests).where(here).values(day=day)).rowcount:
        connection.execute(insert(digests).values(subscription=subscription, day=day))
