"""What Kafka keeps of one contact, with the scorer of the model in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamprocessor.scoring.record import Record
    from streamprocessor.scoring.scorer import Scorer
    from streamprocessor.settings import Settings


async def kept_of(settings: Settings, contact: str, at_ms: int) -> tuple[Scorer, Record] | None:
    """The scorer, and the contact's record brought to its model; None: nothing is kept of the contact.

    It is read from the contact's partition of the changelog, whether workers run or not. at_ms: the instant that is
    asked for; a record of an older model is brought to this one at it.
    """
    from streamprocessor.cli.reading import newest_under
    from streamprocessor.cli.revisions import full_name_of, model_in_force
    from streamprocessor.contract.model_revisions import model_of
    from streamprocessor.contract.outbox import record_of
    from streamprocessor.contract.records import decode_record
    from streamprocessor.scoring.scorer import Scorer
    from streamprocessor.stream.startup import client_settings

    changelog = full_name_of(settings, "contacts-changelog")
    value = await newest_under(client_settings(settings), changelog, contact.encode())
    if value is None:
        return None
    revision = await model_in_force(settings)
    scorer = Scorer(model_of(revision))
    record = decode_record(record_of(value))
    if record.revision != revision.revision:
        scorer.adopt(record, max(at_ms, record.at_ms))
    return scorer, record
