"""Batches of raw records: what aiokafka fetched, without an object a message of its own."""

from __future__ import annotations

from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException


class RawFetchResult(fetcher.FetchResult):  # type: ignore[misc]
    """aiokafka's fetch result, giving whole partitions of parsed records instead of one ConsumerRecord each.

    Control batches are passed over, checksums verified, positions kept as aiokafka does.
    """

    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[Any]:  # noqa: ARG002 - aiokafka's signature
        """All records at hand; max_records is not honoured (bound them by the fetch size)."""
        partition = self._topic_partition
        if not self.check_assignment(partition) or not self.has_more():
            return []
        fetched = self._partition_records
        records: list[Any] = []
        while fetched._records.has_next():
            batch = fetched._records.next_batch()
            if fetched._check_crcs and not batch.validate_crc():
                message = f"Invalid CRC - {partition}"
                raise CorruptRecordException(message)
            if not batch.is_control_batch:
                wanted = fetched.next_fetch_offset
                records.extend(batch if batch.base_offset >= wanted else (r for r in batch if r.offset >= wanted))
            fetched.next_fetch_offset = batch.next_offset
        self._update_position()
        self._partition_records = None
        return records


def use_raw_fetching() -> None:
    """Let every aiokafka consumer of this process hand over raw records from `getmany`."""
    fetcher.FetchResult = RawFetchResult
