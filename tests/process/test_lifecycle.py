"""The work of a process, until it is told to stop or some of the work ends."""

from __future__ import annotations

import asyncio

import pytest

from streamprocessor.process.lifecycle import run_until


class Work:
    """Work that goes on until it is ended; `ended` is how often it was."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.ended = 0

    async def go_on(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended += 1


async def broken() -> None:
    message = "broken"
    raise ConnectionError(message)


async def done() -> None:
    pass


def future(done: bool) -> asyncio.Future[None]:
    made: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if done:
        made.set_result(None)
    return made


async def test_work_is_ended_once_the_process_is_told_to_stop() -> None:
    work, stop = Work(), future(done=False)
    running = asyncio.ensure_future(run_until(stop, work.go_on()))
    await work.begun.wait()
    assert not running.done()

    stop.set_result(None)
    await running

    assert work.ended == 1


async def test_work_that_ends_by_itself_ends_the_rest() -> None:
    work = Work()

    await run_until(future(done=False), work.go_on(), done())

    assert work.ended == 1


@pytest.mark.parametrize("is_told_to_stop", [False, True])
async def test_what_breaks_some_of_the_work_is_raised_once_the_rest_has_ended(is_told_to_stop: bool) -> None:
    """Also where it breaks just as the process is told to stop: no error is lost."""
    work, failed = Work(), asyncio.ensure_future(broken())
    await asyncio.sleep(0)

    with pytest.raises(ConnectionError, match="broken"):
        await run_until(future(is_told_to_stop), work.go_on(), failed)

    assert work.ended == 1


async def test_who_is_cancelled_ends_its_work() -> None:
    work = Work()
    running = asyncio.ensure_future(run_until(future(done=False), work.go_on()))
    await work.begun.wait()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert work.ended == 1
