"""When a system has come to rest: nothing more follows from anything that was sent."""

from __future__ import annotations

from aiokafka import TopicPartition

from tests.harness.system import System, until

#: What workers say to each other is read like an input.
CONSUMED_INTERNALS = ("evidence-transfers",)


async def until_settled(system: System, timeout_seconds: float = 60.0) -> None:
    """Return when everything is applied and committed, also what followed from it by way of other partitions.

    Two looks that find the same ends, all of them committed: what was committed at the first look had sent all that
    follows from it before it was, so the second look would have seen it.
    """
    async with system.offsets_in(*CONSUMED_INTERNALS) as look:
        ends_before: dict[TopicPartition, int] | None = None

        async def at_rest() -> bool:
            nonlocal ends_before
            offsets = await look()
            same, ends_before = offsets.ends == ends_before, offsets.ends
            return same and offsets.lag == 0

        await until(at_rest, bool, timeout_seconds, "everything applied and committed")
