"""What Kafka keeps of one contact, with the scorer of the model in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamprocessor.contract.topic_names import CONTACTS_CHANGELOG

if TYPE_CHECKING:
    from streamprocessor.scoring.record.record import Record
    from streamprocessor.scoring.scorer import Scorer
    from streamprocessor.settings import Settings


async def load_contact(settings: Settings, contact: str, at_ms: int) -> tuple[Scorer, Record] | None:
    """The scorer, and the contact's record brought to its model; None: nothing is kept of the contact.

    It is read from the contact's partition of the changelog, whether workers run or not. at_ms: the instant that is
    asked for; a record of an older model is brought to this one at it.
    """
    from streamprocessor.cli.kafka.revisions import active_model
    from streamprocessor.cli.kafka.topic_reader import newest_under
    from streamprocessor.contract.changelog.entry import record_of
    from streamprocessor.contract.changelog.record_codec import decode_record
    from streamprocessor.contract.model_file.revisions import model_of
    from streamprocessor.kafka.admin.layout import full_name_of
    from streamprocessor.kafka.connection import client_settings
    from streamprocessor.scoring.scorer import Scorer

    changelog = full_name_of(settings, CONTACTS_CHANGELOG)
    value = await newest_under(client_settings(settings), changelog, contact.encode())
    if value is None:
        return None
    revision = await active_model(settings)
    scorer = Scorer(model_of(revision))
    record = decode_record(record_of(value))
    if record.revision != revision.revision:
        scorer.migrate_in_place(record, max(at_ms, record.at_ms))
    return scorer, record
