"""Subscriptions into plans: what they refer to has to be there and allowed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from streamprocessor.contract.subscriptions.email import MailTarget
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription, read_subscription_file
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.delivery.subscriptions.secret_references import MOST_BYTES, SecretReferences
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.errors import OperatorError
from streamprocessor.kafka.clients import ClientSettings
from tests.harness.system import ROOT

SEGMENTS = Segments(ClientSettings("localhost:1"), "models")


def plan_of(text: str, allowed: frozenset[str] = frozenset(), **environment: str) -> object:
    resolver = SubscriptionResolver(SecretReferences(environment, Path()), Path(), allowed, Phrases(), SEGMENTS)
    return resolver.plan_of(parse_subscription("s", text, "test"))


def mail_plan_of(text: str, folder: Path, sender: str | None = "leads@example.com") -> DeliveryPlan:
    resolver = SubscriptionResolver(SecretReferences({}, Path()), folder, frozenset(), Phrases(), SEGMENTS, sender)
    return resolver.plan_of(parse_subscription("s", text, "test"))


MAIL = "{email: {to: [sales@other.example]}, events: [became-hot-lead]}"


def test_a_mail_comes_from_the_address_of_the_settings_or_another_one_of_its_domain(tmp_path: Path) -> None:
    plan = mail_plan_of(MAIL, tmp_path)
    assert plan.target == MailTarget("leads@example.com", ("sales@other.example",))
    assert {"company", "phone", "email", "job_title", "first_name"} <= plan.told_attributes
    own = MAIL.replace("to:", "from: Hot@EXAMPLE.com, to:")
    assert mail_plan_of(own, tmp_path).target == MailTarget("Hot@EXAMPLE.com", ("sales@other.example",))


@pytest.mark.parametrize(
    ("text", "sender", "sentence"),
    [
        (MAIL, None, "email: wanted a server for mails, STREAMPROCESSOR_SMTP_HOST; got none"),
        (MAIL.replace("to:", "from: boss@other.example, to:"), "leads@example.com", "SMTP_FROM's domain; got another"),
        (MAIL.replace("to:", "from: a@sub.example.com, to:"), "leads@example.com", "SMTP_FROM's domain; got another"),
        (MAIL[:-1] + ", template: lead}", "leads@example.com", "template: wanted a mail's"),
        (MAIL[:-1] + ", template: facts.yaml}", "leads@example.com", "below facts a text for each label"),
        (MAIL[:-1] + ", template: more.yaml}", "leads@example.com", "template: wanted a mail's"),
    ],
)
def test_a_mail_that_cannot_be_sent_as_it_is_asked_for_is_refused_at_start(
    text: str, sender: str | None, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / "facts.yaml").write_text("body: {subject: a, sentence: b, facts: {c: {d: e}}}")
    (tmp_path / "more.yaml").write_text("body: {subject: a, sentence: b, cc: c@d.example}")
    with pytest.raises(OperatorError, match=f"subscription s: .*{sentence}") as refused:
        mail_plan_of(text, tmp_path, sender)
    assert "@" not in str(refused.value)


def test_a_mail_may_have_a_template_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "body: {subject: '${words.name}!', sentence: b, facts: {City: '${attributes.city}'}}"
    )
    plan = mail_plan_of(MAIL[:-1] + ", template: own.yaml}", tmp_path)
    assert "city" in plan.told_attributes


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
    secrets = SecretReferences(environment, Path())
    folder = ROOT / "deploy"
    resolver = SubscriptionResolver(secrets, folder, frozenset(), Phrases(), SEGMENTS, "leads@example.com")
    plans = [resolver.plan_of(subscription) for subscription in said.subscriptions]
    assert [(plan.kind, len(plan.signers), plan.digest is not None) for plan in plans] == [
        ("webhook", 1, False),
        ("webhook", 0, False),
        ("webhook", 2, False),
        ("mail", 0, False),
        ("mail", 0, True),
    ]


SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS10ZXN0cy0yNC1ieXRlcyE="
TEMPLATE = "{body: {who: '${subject}'}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of secrets and templates with all that may lie in such a one, and files beside it."""
    (tmp_path / "outside").write_text(SECRET)
    (tmp_path / "outside.yaml").write_text(TEMPLATE)
    folder = tmp_path / "folder"
    (folder / "deeper").mkdir(parents=True)
    for name in ("good", "deeper/good"):
        (folder / name).write_text(f"{SECRET}\n")
        (folder / f"{name}.yaml").write_text(TEMPLATE)
    for suffix in ("", ".yaml"):
        os.mkfifo(folder / f"pipe{suffix}")
        (folder / f"folder{suffix}").mkdir()
        (folder / f"device{suffix}").symlink_to("/dev/zero")
        (folder / f"bytes{suffix}").write_bytes(b"\xff\xfe")
        (folder / f"large{suffix}").write_bytes(b"x" * (70 * 1024))
        (folder / f"empty{suffix}").touch()
    (folder / "larger-than-a-secret").write_text("x" * (MOST_BYTES + 1))
    return folder


def bounded_plan(folder: Path, **words: object) -> DeliveryPlan:
    environment = {"HOOK_SECRET": SECRET, "AWS_SECRET": SECRET, "HOOK_URL": "https://a.example/hook"}
    secrets = SecretReferences(environment, folder)
    resolver = SubscriptionResolver(secrets, folder, frozenset(), Phrases(), SEGMENTS)
    subscription = {"url": "https://a.example", "events": ["score-updated"], "secrets": ["env:HOOK_SECRET"]} | words
    return resolver.bounded_plan_of(parse_subscription("s", json.dumps(subscription), "test"), "HOOK_")


@pytest.mark.parametrize("name", ["env:HOOK_SECRET", "file:good", "file:deeper/good"])
def test_who_is_not_trusted_may_refer_to_what_lies_in_the_folder_or_is_called_so(folder: Path, name: str) -> None:
    assert len(bounded_plan(folder, secrets=[name]).signers) == 1


@pytest.mark.parametrize("name", ["flat", "good.yaml", "deeper/good.yaml"])
def test_a_template_is_a_built_in_one_or_lies_in_the_folder(folder: Path, name: str) -> None:
    assert bounded_plan(folder, template=name).template.body


OUTSIDE = ["../outside", "/etc/passwd", "deeper/../../outside", "deeper//good", "./good", "", "a/", ".hidden", "a b"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_lies_outside_is_refused_alike_whether_or_not_it_is_there(folder: Path, name: str) -> None:
    refusals = set()
    for words in ({"secrets": [f"file:{name}"]}, {"url": f"file:{name}"}, {"template": f"{name}.yaml"}):
        with pytest.raises(OperatorError) as refused:
            bounded_plan(folder, **words)
        refusals.add(str(refused.value).replace("secrets", "url"))
    assert not any("outside" in refusal or "passwd" in refusal or "Error" in refusal for refusal in refusals)
    if name:
        assert len(refusals) == 2, "one for references, one for templates"


@pytest.mark.parametrize("name", ["AWS_SECRET", "NOWHERE", "hook_secret", "PATH"])
def test_a_variable_of_another_name_is_refused_alike_whether_or_not_it_is_set(folder: Path, name: str) -> None:
    for words in ({"secrets": [f"env:{name}"]}, {"url": f"env:{name}"}):
        with pytest.raises(OperatorError, match="wanted env:NAME with a name that begins with HOOK_ "):
            bounded_plan(folder, **words)


@pytest.mark.timeout(20)  # a pipe would be waited for without end
@pytest.mark.parametrize(
    "name", ["pipe", "folder", "device", "bytes", "large", "larger-than-a-secret", "empty", "no-such-file"]
)
def test_only_a_small_regular_file_is_read_and_nothing_is_waited_for(folder: Path, name: str) -> None:
    with pytest.raises(OperatorError, match=f"file:{name}"):
        bounded_plan(folder, secrets=[f"file:{name}"])
    with pytest.raises(OperatorError, match=rf"{name}\.yaml"):
        bounded_plan(folder, template=f"{name}.yaml")


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("body: {n: 99999999999999999999}", "wanted what JSON can hold"),
        ('body: "\\uD800"', "wanted what JSON can hold"),
        ('{body: {}, content_type: "a\\nb: c"}', "wanted printable ASCII"),
        ("{body: {}, content_type: \u00e4}", "wanted printable ASCII"),
    ],
)
def test_a_template_that_could_not_be_sent_is_refused_before_it_is_used(folder: Path, body: str, wanted: str) -> None:
    (folder / "wrong.yaml").write_text(body)
    with pytest.raises(OperatorError, match=wanted):
        bounded_plan(folder, template="wrong.yaml")


@pytest.mark.parametrize("control", ["\0", "\x1b", "\n", "\r", "\x7f", "\x85", "\u2028", "\u202e"])
@pytest.mark.parametrize(
    "words",
    [
        {"url": "https://a.example/{}"},
        {"url": "file:a{}b"},
        {"template": "cloudevents{}"},
        {"secrets": ["file:a{}b"]},
    ],
)
def test_control_characters_are_refused_and_not_repeated(
    folder: Path, words: dict[str, str | list[str]], control: str
) -> None:
    filled = json.loads(json.dumps(words).replace("{}", json.dumps(control)[1:-1]))
    with pytest.raises(OperatorError) as refused:
        bounded_plan(folder, **filled)
    assert control not in str(refused.value)
