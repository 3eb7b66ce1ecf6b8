"""Mails of the whole delivery as a process, on real Kafka, to a real SMTP server under TLS."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import pytest

from streamprocessor.contract.changelog.entry import encode_entry
from streamprocessor.contract.changelog.record_codec import encode_record
from streamprocessor.scoring.record.record import Record
from tests.delivery.conftest import MakeDelivery
from tests.delivery.leads import Lead, announce
from tests.delivery.mailboxes import HOST, Mailboxes
from tests.harness.secured_kafka import Authority
from tests.harness.system import System, until

pytestmark = pytest.mark.kafka

SUBSCRIPTIONS = """
subscriptions:
  sales:
    email: {to: [sales@example.com]}
    events: [became-hot-lead]
  each-morning:
    email: {to: [boss@example.com], digest: {at: "08:00", time_zone: Europe/Berlin}}
    events: [became-hot-lead]
"""


async def know(system: System, contact_id: str, **attributes: str) -> None:
    """Have these attributes in the contact's record, as a worker writes it."""
    written = {name: (value, 1, "e") for name, value in attributes.items()}
    record = encode_entry(encode_record(Record(sequence=1, attributes=written)), 1, [])
    async with system.producer() as producer:
        await producer.send_and_wait(system.full["contacts-changelog"], record, key=contact_id.encode())


async def test_a_hot_lead_reaches_people_by_mail_with_a_link_and_no_log_names_anybody(
    system: System, delivery: MakeDelivery, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "our-authority")
    encryption = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    encryption.load_cert_chain(authority.certificate("mail-server", [HOST]))
    mailboxes = Mailboxes(
        encryption, logins={"leads": "pass word"}, replies={"boss@example.com": "550 no boss@example.com"}
    )
    await mailboxes.start()
    await system.create()
    await know(system, "jane/1", full_name="Jane Wu", company="Acme", phone="+49 30 1234", email="jwu@acme.example")
    process = await delivery(
        SUBSCRIPTIONS,
        page_url="https://leads.example.com/",
        smtp_host=HOST,
        smtp_port=mailboxes.port,
        smtp_username="leads",
        smtp_password="pass word",
        smtp_from="leads@example.com",
        smtp_ca_file=str(authority.file),
    ).ready()

    await announce(system, [Lead("jane/1", 1, int(time.time() * 1000))])
    await until(lambda: mailboxes.taken, bool, 15, f"a mail\n{process.tail()}", every_seconds=0.02)

    [mail] = mailboxes.taken
    assert (mail.recipients, mail.was_encrypted, mail.user) == (["sales@example.com"], True, "leads")
    assert mail.message["Subject"] == "Jane Wu became a hot lead (41)"
    lines = mail.body("plain").splitlines()
    assert {"Company: Acme", "Phone: +49 30 1234", "Mail: jwu@acme.example"} <= set(lines)
    assert lines[-1] == "Open the contact: https://leads.example.com/contact?contact_id=jane%2F1"
    delivered = 'leadscore_webhook_endpoint_deliveries_total{result="delivered",subscription="sales"}'
    await until(lambda: process.metric(delivered), lambda n: n == 1, 5, "counted")

    process.ask("POST", "/api/subscriptions/each-morning/ping")  # a ping does not wait for the morning
    kept = await until(
        lambda: process.ask("GET", "/api/undeliverable").json()["undeliverable"], bool, 15, f"refused\n{process.tail()}"
    )
    assert [(row["subscription"], row["reason"]) for row in kept] == [("each-morning", "recipient-550")]
    assert process.stop() == 0
    log = process.log.read_text()
    assert not [word for word in ("jane", "Wu", "cme", "1234", "sales@", "boss@", "pass word") if word in log]
    await mailboxes.stop()
