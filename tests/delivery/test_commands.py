"""What a person asks of a running delivery, on the command line."""

from __future__ import annotations

import asyncio
import signal

import orjson
import pytest

from tests.delivery.conftest import MakeDelivery
from tests.delivery.leads import Lead, announce
from tests.delivery.receivers import Receiver, status
from tests.delivery.test_delivery import now_ms, subscription
from tests.harness.deliveries import DeliveryProcess
from tests.harness.system import System, until

pytestmark = pytest.mark.kafka


async def said(process: DeliveryProcess, *words: str) -> str:
    command = process.run(*words)
    output, _ = await asyncio.to_thread(command.communicate)
    assert command.returncode == 0, output
    return output


async def test_a_person_sees_what_goes_out_and_mends_what_did_not(
    system: System, delivery: MakeDelivery, receiver: Receiver
) -> None:
    await system.create()
    process = await delivery(subscription(receiver)).ready()
    tail = process.run("tail")
    try:
        assert tail.stdout is not None
        line = asyncio.ensure_future(asyncio.to_thread(tail.stdout.readline))
        while not line.done():  # a ping before it watches is not seen
            await said(process, "ping", "crm")
            await asyncio.wait([line], timeout=0.5)
        assert orjson.loads(line.result())["result"] == "delivered"

        receiver.answer = status(410)
        last = (await said(process, "ping", "crm")).strip()
        while (seen := orjson.loads(await asyncio.to_thread(tail.stdout.readline)))["webhook_id"] != last:
            assert seen["result"] == "delivered"  # one of the pings before
        assert (seen["subscription"], seen["result"], seen["reason"]) == ("crm", "undeliverable", "status-410")

        [row] = map(orjson.loads, (await said(process, "list", "--json")).splitlines())
        assert (row["name"], row["events"], row["state"]) == ("crm", ["became-hot-lead"], "disabled")
        assert seen["webhook_id"] in await said(process, "undeliverable")

        receiver.answer = receiver.take
        assert "crm is enabled" in await said(process, "enable", "crm")
        assert await said(process, "resend", "crm", seen["webhook_id"]) == "1 are sent again\n"
        await announce(system, [Lead("jane", 1, now_ms())])
        wanted = {last, "inc:jane:engagement:1/crm"}
        await until(lambda: {received.id for received in receiver.taken[-2:]}, wanted.__eq__, 15, process.tail())
    finally:
        tail.send_signal(signal.SIGKILL)
        tail.communicate()
    assert process.stop() == 0


async def test_a_command_without_a_running_delivery_says_so(
    system: System, delivery: MakeDelivery, receiver: Receiver
) -> None:
    await system.create()
    process = await delivery(subscription(receiver)).ready()
    process.kill()
    command = process.run("list")
    output, _ = await asyncio.to_thread(command.communicate)
    assert command.returncode == 2
    assert "wanted a running `streamprocessor delivery`" in output
