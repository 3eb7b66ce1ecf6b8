"""One event from its request to the webhook of the hot lead that it makes: one trace, seen by all on its way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from streamprocessor.settings import Settings
from tests.delivery.receivers import Receiver
from tests.harness.collectors import KEY, CollectorProcess
from tests.harness.deliveries import DeliveryProcess
from tests.harness.fixtures import session_timeout_seconds, settings, system
from tests.harness.otlp import OtlpReceiver, otlp_receiver
from tests.harness.system import System, until
from tests.harness.workers import WorkerProcess

__all__ = ["session_timeout_seconds", "settings", "system"]

pytestmark = pytest.mark.kafka

TRACE_ID, SENDER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SUBSCRIPTIONS = "subscriptions: {{crm: {{url: '{url}', events: [became-hot-lead], signed: false}}}}"


@pytest.fixture
def traces() -> Iterator[OtlpReceiver]:
    """Takes traces."""
    with otlp_receiver() as receiver:
        yield receiver


async def test_a_request_its_micro_batch_and_its_webhook_are_one_trace(
    system: System, settings: Settings, traces: OtlpReceiver, tmp_path: Path
) -> None:
    await system.create()
    webhooks = Receiver()
    await webhooks.start()
    traced = settings.model_copy(update={"otlp_endpoint": traces.endpoint})
    delivery = DeliveryProcess(traced, tmp_path, SUBSCRIPTIONS.format(url=webhooks.url))
    collector, worker = CollectorProcess(traced, tmp_path), WorkerProcess(traced, "blue", tmp_path)
    processes = (delivery, collector, worker)
    try:
        for process in processes:
            process.start()
        for process in processes:
            await process.ready()
        async with httpx.AsyncClient(headers={"authorization": f"Bearer {KEY}"}) as http:
            for parent in (SENDER, None):
                headers = {} if parent is None else {"traceparent": f"00-{TRACE_ID}-{parent}-01"}
                for wish in "abc":
                    properties = {"form": "contact", "wish": f"{wish}{parent}"}
                    form = {"contact_id": "jane", "type": "form_submission", "properties": properties}
                    answer = await http.post(f"{collector.address}/v1/events", json=form, headers=headers)
                    assert answer.status_code == 200, answer.text
        await until(lambda: webhooks.taken, bool, 20, f"a webhook\n{worker.tail()}", every_seconds=0.05)
        hot_leads = await system.read("became-hot-lead")
    finally:
        for process in processes:
            process.stop()
            process.discard()
        await webhooks.stop()

    [webhook], requests = traces.wait_for("webhook"), traces.wait_for("POST /v1/events")
    mine = [span for span in requests if span.trace_id == TRACE_ID]
    assert len(requests) == 6
    assert [span.parent_id for span in mine] == [SENDER] * 3
    of_the_lead = dict(hot_leads[0].headers)["traceparent"].decode()
    assert of_the_lead in {f"{span.context}-01" for span in requests}
    assert webhooks.taken[0].headers["traceparent"] == f"{webhook.context}-01"
    assert f"00-{webhook.trace_id}-{webhook.parent_id}-01" == of_the_lead
    linked = {link for span in traces.wait_for("micro-batch") for link in span.links}
    assert linked == {span.context for span in requests}
    processes_named = {
        span.process for name in ("webhook", "micro-batch", "POST /v1/events") for span in traces.spans(name)
    }
    assert processes_named == {"streamprocessor-delivery", "streamprocessor-worker", "streamprocessor-collector"}
