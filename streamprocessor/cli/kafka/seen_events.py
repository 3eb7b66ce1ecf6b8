"""What the input topics hold of the last weeks, counted under a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from streamprocessor.process.clock import now_ms

if TYPE_CHECKING:
    from streamprocessor.catalogue.report import CatalogueReport
    from streamprocessor.scoring.model.model import Model
    from streamprocessor.settings import Settings


def counted(settings: Settings, model: Model, days: int) -> CatalogueReport:
    """What came in so many days, counted under the model; a bar on the terminal shows how far it is."""
    from streamprocessor.cli.terminal.progress import counting_bar
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.scoring.model.model import DAY_MS

    at_ms = now_ms()
    with counting_bar("reading what came", None) as on_record:
        return run(_count_inputs(settings, model, at_ms - days * DAY_MS, at_ms, on_record))


async def _count_inputs(
    settings: Settings, model: Model, since_ms: int, at_ms: int, on_record: Callable[[], None]
) -> CatalogueReport:
    """What came from since_ms on, and what the rules make of it; on_record is called for each record.

    Raises TopicError where an input topic is missing or may not be read.
    """
    from streamprocessor.catalogue.catalogue import Catalogue, FactCounter, source_of
    from streamprocessor.catalogue.report import report
    from streamprocessor.catalogue.rule_watch import RuleWatch
    from streamprocessor.cli.kafka.topic_reader import records_of
    from streamprocessor.contract.events.event_fields import contact_of
    from streamprocessor.contract.events.events import value_decoder_for
    from streamprocessor.contract.topic_names import EVIDENCE_TRANSFERS
    from streamprocessor.errors import RecordError
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.connection import client_settings
    from streamprocessor.scoring.record.facts import AttributesWritten, Event

    catalogue = Catalogue()
    counter, watch = FactCounter(catalogue), RuleWatch(catalogue, model)
    for name, topic in layout_of(settings).input_names().items():
        if topic.name == EVIDENCE_TRANSFERS:
            continue
        decode = value_decoder_for(topic)
        async for record in records_of(client_settings(settings), name, since_ms=since_ms):
            on_record()
            try:
                contact_id = contact_of(record.key)
                fact = decode(contact_id, record.value, record.headers, record.timestamp)
            except RecordError:
                continue  # the worker makes a dead letter of it
            if not isinstance(fact, Event | AttributesWritten):
                continue
            counter.add(contact_id, fact, source_of(fact))
            if isinstance(fact, Event):
                watch.add(fact)
    return report(catalogue, model, at_ms)
