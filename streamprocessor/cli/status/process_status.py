"""What the processes of a system say of themselves over HTTP, asked all at once and for a bounded time."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import ClientError, ClientResponseError, ClientSession, ClientTimeout
from prometheus_client.parser import text_string_to_metric_families

from streamprocessor.contract.foreign_text import one_line

ANSWER_SECONDS = 3.0
UNKNOWN = "process"
MOST_BYTES = 8 * 1024 * 1024  # of an answer; a thousand partitions are a twentieth of it

_NOT_OURS = "what it says is not what a process of ours says"

#: What is told of each kind of process, by its word in the answer: the sum of the series that it is read from.
_FIGURES: Mapping[str, Mapping[str, str]] = {
    "worker": {
        "recovery_remaining_records": "leadscore_recovery_remaining_records",
        "clock_skew_seconds": "leadscore_clock_skew_seconds",
    },
    "collector": {
        "spooling": "leadscore_collector_spooling",
        "spool_bytes": "leadscore_collector_spool_bytes",
        "spool_age_seconds": "leadscore_collector_spool_age_seconds",
    },
    "delivery": {
        "waiting": "leadscore_webhook_waiting",
        "oldest_waiting_seconds": "leadscore_webhook_oldest_waiting_seconds",
        "disabled_subscriptions": "leadscore_webhook_subscriptions_disabled",
        "people_behind_records": "leadscore_webhook_people_behind_records",
    },
    "shadow": {"lag_seconds": "leadscore_shadow_lag_seconds", "lag_records": "leadscore_shadow_lag_records"},
    "api": {"behind_records": "leadscore_read_model_behind_records", "streams": "leadscore_api_streams"},
}
_OF_OLDER_WORKERS = {"process": "worker", "version": None}  # they do not say so, and were the only ones asked
_PARTITION_LAG = "leadscore_partition_lag_seconds"


@dataclass(frozen=True, slots=True)
class ProcessAddress:
    """Where a process is looked for.

    url: without a path. process: its command, UNKNOWN where only its answer tells.
    is_certain: whether one must be there; False: it is where one may be.
    """

    url: str
    process: str = UNKNOWN
    is_certain: bool = True


async def ask_processes(addresses: Iterable[ProcessAddress]) -> list[dict[str, Any]]:
    """What each process says, in the order of the addresses: a silent one that must be there is not ready.

    Of addresses where a process only may be, those that are silent are left out.
    """
    timeout = ClientTimeout(total=ANSWER_SECONDS)
    async with ClientSession(timeout=timeout, raise_for_status=True) as session:
        answers = await asyncio.gather(*(_ask(session, address) for address in addresses))
    return [answer for answer in answers if answer is not None]


async def _ask(session: ClientSession, address: ProcessAddress) -> dict[str, Any] | None:
    try:
        status, metrics = await asyncio.gather(
            _read(session, f"{address.url}/status"), _read(session, f"{address.url}/metrics")
        )
        return _answer(address, orjson.loads(status), metrics.decode())
    except (ClientError, OSError, TimeoutError, ValueError) as error:
        if not address.is_certain:
            return None
        return silent_process(address.url, address.process, f"does not answer ({_why(error)})")


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"within {ANSWER_SECONDS:g} s"
    if isinstance(error, ClientResponseError):
        path, is_starting = error.request_info.url.path, error.status == HTTPStatus.SERVICE_UNAVAILABLE
        other = "another program, or a proxy between (STREAMPROCESSOR_OPERATOR_NETWORKS)"
        return f"{error.status} to {path}: {'it is starting' if is_starting else other}"
    return one_line(error) or type(error).__name__


def silent_process(address: str, process: str, reason: str) -> dict[str, Any]:
    """What there is to tell of a process that says nothing itself."""
    return {"address": address, "process": process, "ready": False, "not_ready": [reason]}


async def _read(session: ClientSession, url: str) -> bytes:
    async with session.get(url, allow_redirects=False) as answer:
        found = bytearray()
        async for part in answer.content.iter_any():
            found += part
            if len(found) > MOST_BYTES:
                raise ValueError(_NOT_OURS)
        return bytes(found)


def _answer(address: ProcessAddress, status: Any, metrics: str) -> dict[str, Any]:
    """What the process says; raises ValueError where it is none of ours."""
    sums: dict[str, float] = {}
    lag_seconds: dict[int, float] = {}
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
            if sample.name == _PARTITION_LAG:
                lag_seconds[int(sample.labels["partition"])] = sample.value
    if not isinstance(status, dict) or not _is_ours(status := _OF_OLDER_WORKERS | status):
        raise ValueError(_NOT_OURS)
    figures = _FIGURES[status["process"]]
    for partition in status.get("partitions", ()):
        partition["lag_seconds"] = lag_seconds.get(partition["partition"])
    return {
        "address": address.url,
        "ready": not status["not_ready"],
        **{word: _number(sums.get(series)) for word, series in figures.items()},
        **status,
    }


def _is_ours(status: Mapping[str, Any]) -> bool:
    reasons, partitions = status.get("not_ready"), status.get("partitions", [])
    return (
        isinstance(status["process"], str)
        and status["process"] in _FIGURES
        and isinstance(reasons, list)
        and all(isinstance(each, str) for each in reasons)
        and isinstance(partitions, list)
        and all(isinstance(each, dict) and isinstance(each.get("partition"), int) for each in partitions)
    )


def _number(value: float | None) -> float | int | None:
    """A whole number as one, a missing or senseless one as None."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else round(value, 3)
