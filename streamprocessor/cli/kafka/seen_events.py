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
    from streamprocessor.catalogue.catalogue import Catalogue
    from streamprocessor.catalogue.input_counter import InputCounter
    from streamprocessor.catalogue.report import report
    from streamprocessor.cli.kafka.topic_reader import records_of
    from streamprocessor.contract.events.events import value_decoder_for
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.connection import client_settings

    catalogue = Catalogue()
    counter = InputCounter(catalogue, model)
    for name, topic in layout_of(settings).input_names().items():
        decode = value_decoder_for(topic)
        async for record in records_of(client_settings(settings), name, since_ms=since_ms):
            on_record()
            counter.add(record, decode)
    return report(catalogue, model, at_ms)
