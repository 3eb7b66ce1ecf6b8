"""A file's rows, read by its format, and sent to the input topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.topics.input_topics import InputTopics
from streamprocessor.imports.access_log import read_access_log
from streamprocessor.imports.csv_mapping import CsvMapping
from streamprocessor.imports.csv_rows import read_csv
from streamprocessor.imports.importer import ImportCounts, checked, import_rows
from streamprocessor.imports.json_lines import read_json_lines
from streamprocessor.imports.kafka_sender import checked_sender
from streamprocessor.imports.rows import ACCESS_LOG, BadRow, ReadRow
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.process.clock import now_ms
from streamprocessor.process.stored_secrets import address_salt
from streamprocessor.settings import Settings


def read_rows(
    settings: Settings, lines: Iterable[bytes], file_format: str, mapping: CsvMapping | None, source_name: str
) -> Iterator[ReadRow]:
    """The rows of a file. mapping: what the columns of a CSV mean, None of any other format.

    Raises OperatorError where contacts are mail addresses and the salt for them is not known.
    """
    if mapping is not None:
        contact_ids = None
        if mapping.contact.is_address:
            contact_ids = ContactIds(address_salt(settings.address_salt, settings.data_path))
        return read_csv(lines, mapping, source_name, now_ms(), contact_ids)
    return read_access_log(lines) if file_format == ACCESS_LOG else read_json_lines(lines)


async def send_rows(
    settings: Settings,
    rows: Iterable[ReadRow],
    on_bad: Callable[[BadRow], None],
    on_progress: Callable[[ImportCounts], None],
) -> ImportCounts:
    """The counts once every row that the worker will take is acknowledged; on_bad is told of each other one.

    Raises TopicError where an input topic is missing or may not be written, BrokerError where a row can't be sent.
    """
    layout = layout_of(settings)
    async with checked_sender(settings, layout) as sender:
        return await import_rows(checked(rows, now_ms()), sender, InputTopics(layout.topics), on_bad, on_progress)
