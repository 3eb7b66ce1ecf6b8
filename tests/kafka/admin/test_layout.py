"""What the settings make of topics and rights."""

from __future__ import annotations

import pytest

from streamprocessor.contract.topics.roles import DELIVERY
from streamprocessor.kafka.admin.layout import process_rights
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.settings import Settings


@pytest.mark.parametrize(("inbox", "wanted"), [("", set()), ("deploy/inbox.yaml", {"READ", "WRITE"})])
def test_delivery_asks_for_rights_on_activities_for_an_inbox_alone(inbox: str, wanted: set[str]) -> None:
    settings = Settings(inbox=inbox, topic_prefix="st-")

    rights = process_rights(settings, ClientSettings("127.0.0.1:1"), DELIVERY).wanted

    assert {right.operation for right in rights if right.name == "st-activities"} == wanted
    assert any(right.name == "st-became-hot-lead" for right in rights)
