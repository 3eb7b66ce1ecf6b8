"""Subscriptions into plans: what they refer to has to be there and allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamprocessor.contract.subscriptions.subscription_file import parse_subscription, read_subscription_file
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.clients import ClientSettings
from tests.harness.system import ROOT

SEGMENTS = Segments(ClientSettings("localhost:1"), "models")


def plan_of(text: str, allowed: frozenset[str] = frozenset(), **environment: str) -> object:
    surroundings = SubscriptionResolver(environment, Path(), allowed, Phrases(), SEGMENTS)
    return surroundings.plan_of(parse_subscription("s", text, "test"))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/secret-path",
        "https://127.0.0.1/secret-path",
        "https://[::1]/secret-path",
        "https://[::ffff:10.0.0.1]/secret-path",
        "https://169.254.169.254/secret-path",
        "https://user:secret-path@example.com/",
        "ftp://example.com/secret-path",
        "https:///secret-path",
        "https://example.com:99999/secret-path",
    ],
)
def test_a_target_inside_or_without_https_is_refused_at_start_and_not_shown(url: str) -> None:
    with pytest.raises(OperatorError, match="subscription s: url") as refused:
        plan_of("{url: env:URL, events: [score-updated], signed: false}", URL=url)
    assert "secret-path" not in str(refused.value)


def test_a_host_that_is_allowed_by_name_may_be_inside() -> None:
    assert plan_of("{url: http://Hooks.lan/a, events: [score-updated], signed: false}", frozenset({"hooks.lan"}))


def test_a_secret_that_is_not_there_is_missed_at_start() -> None:
    text = "{url: https://a.example, events: [score-updated], secrets: [env:NOWHERE]}"
    with pytest.raises(OperatorError, match="env:NOWHERE"):
        plan_of(text)
    with pytest.raises(OperatorError, match="file:/nowhere"):
        plan_of(text.replace("env:NOWHERE", "file:/nowhere"))


@pytest.mark.parametrize("word", ["entered", "left"])
def test_a_segment_that_the_model_does_not_have_is_refused_by_its_name(word: str) -> None:
    text = f"{{url: https://a.example, events: [score-updated], signed: false, when: {{segment: {{{word}: berlin}}}}}}"
    with pytest.raises(OperatorError, match=r"subscription s: when: segment: wanted one of .* got 'berlin'"):
        plan_of(text)


def test_the_example_can_be_used_as_it_is() -> None:
    said = read_subscription_file(ROOT / "deploy" / "subscriptions.example.yaml")
    secret = "whsec_" + "c2VjcmV0LW9mLXRoZS10ZXN0cy0yNC1ieXRlcyE="
    names = ("AUTOMATION_HOOK_SECRET", "CRM_HOOK_SECRET_NEW", "CRM_HOOK_SECRET")
    environment = dict.fromkeys(names, secret) | dict.fromkeys(
        ("AUTOMATION_HOOK_URL", "SLACK_HOOK_URL"), "https://hooks.example.com/a"
    )
    surroundings = SubscriptionResolver(environment, ROOT / "deploy", frozenset(), Phrases(), SEGMENTS)
    plans = [surroundings.plan_of(subscription) for subscription in said.subscriptions]
    assert [len(plan.signers) for plan in plans] == [1, 0, 2]
