"""The inbox's file says what it means, and is refused with the line where it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamprocessor.errors import ModelError
from streamprocessor.inbox.alerts import AlertLimits, QuietHours
from streamprocessor.inbox.business_hours import NextBusinessDay, OpenHours, WithinBusinessTime
from streamprocessor.inbox.inbox_file import parse_inbox_file, read_inbox_file
from streamprocessor.inbox.rules import Assignment, InboxRules, Salesperson, assignment_of
from streamprocessor.readmodel.composition import api_tokens
from streamprocessor.readmodel.requests.tokens import read_grant
from streamprocessor.settings import Settings
from tests.harness.system import ROOT

EXAMPLE = ROOT / "deploy" / "inbox.example.yaml"


def test_the_example_says_what_its_comments_say() -> None:
    rules = read_inbox_file(EXAMPLE)
    assert list(rules.people) == ["mia", "tom", "lea"]
    assert rules.people["mia"].limits == AlertLimits(QuietHours("Europe/Berlin", 19 * 60, 8 * 60), 5)
    assert rules.people["tom"].limits.quiet == QuietHours("Europe/London", 18 * 60 + 30, 9 * 60)
    assert rules.people["lea"] == Salesperson("lea", "Lea Lang", "env:LEA_HOOK_URL", limits=AlertLimits())
    assert rules.due == WithinBusinessTime(8 * 3_600_000)
    assert rules.hours.by_day["friday"] == (OpenHours(540, 720), OpenHours(780, 930))
    assert rules.hours.calendar.weekend == {"saturday", "sunday"}
    assert (rules.escalate_to, len(rules.reasons)) == (("lea",), 4)


def test_in_the_demos_inbox_leads_wait_for_whoever_signs_in_and_are_due_at_any_hour(tmp_path: Path) -> None:
    rules = read_inbox_file(ROOT / "deploy" / "demo-inbox.yaml")
    who_signs_in = {read_grant(words).name for words in api_tokens(Settings(data_dir=str(tmp_path)))}
    assert who_signs_in <= set(rules.people)
    assert who_signs_in <= {person for rule in rules.owners for person in rule.people}
    assert rules.due_ms(0) == 120_000  # 1970-01-01, a night
    assert rules.reasons


def test_what_is_left_out_is_as_usual() -> None:
    rules = parse_inbox_file("people: {mia: {}}", "f")
    assert rules == InboxRules(people={"mia": Salesperson("mia", "mia")})
    assert parse_inbox_file('{people: {mia: {}}, due: {next_business_day_at: "12:30"}}', "f").due == NextBusinessDay(
        750
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("owners: []", "'people' is missing"),
        ("people: {system: {}}", "'system' stands for these rules"),
        ("people: {me: {}}", "'me' is a word of those who ask"),
        ("people: {nobody: {}}", "'nobody' is a word of those who ask"),
        ("people: {mia: {webhok: x}}", "unknown word 'webhok'"),
        ("people: {mia: {quiet_hours: evening}}", "wanted hours such as 09:00-17:00; got 'evening'"),
        ("people: {mia: {quiet_hours: 07:00-07:00}}", "wanted hours such as 20:00-07:00"),
        ("people: {mia: {time_zone: Berlin}}", "wanted a time zone such as Europe/Berlin"),
        ("people: {mia: {email: mia}}", "wanted a mail address"),
        ("people: {mia: {email: mia@corp.example, format: slack}}", "'format' is of webhooks"),
        ("people: {mia: {format: slack}}", "'format' is of webhooks; wanted webhook beside it; got none"),
        ("people: {mia: {secrets: [env:X]}}", "'secrets' is of webhooks; wanted webhook beside it; got none"),
        ("people: {mia: {webhook: env:X, format: xml}}", "wanted json or slack; got 'xml'"),
        ("people: {mia: {secrets: [whsec_abc]}}", "wanted references, env:NAME or file:PATH; got another text"),
        ("{people: {mia: {}}, owners: [{owner: tom}]}", "unknown word 'tom'"),
        ("{people: {mia: {}}, owners: [{owner: [mia, mia]}]}", "wanted each person once"),
        ("{people: {mia: {}}, owners: [{}]}", "'owner' is missing"),
        ("{people: {mia: {}}, owners: [{owner: mia}, {owner: mia}]}", "wanted a rule without attributes last"),
        ("{people: {mia: {}}, escalate_to: tom}", "unknown word 'tom'"),
        ("{people: {mia: {email: m@corp.example}}, escalate_to: mia}", "wanted due beside it; got none"),
        ("{people: {mia: {}}, due: {business_time: 8h}, escalate_to: mia}", "for others can't be told; got 'mia'"),
        ("{people: {mia: {}}, due: {}}", "wanted exactly one of next_business_day_at, business_time"),
        ("{people: {mia: {}}, due: {business_time: 8}}", "wanted a duration"),
        ("{people: {mia: {}}, due: {next_business_day_at: '24:00'}}", "wanted a time of the day such as 12:00"),
        ("{people: {mia: {}}, business_hours: {}}", "wanted at least one day with its hours"),
        ("{people: {mia: {}}, business_hours: {funday: 09:00-17:00}}", "unknown word 'funday'"),
        ("{people: {mia: {}}, business_hours: {monday: 17:00-09:00}}", "wanted hours that end after they start"),
        ("{people: {mia: {}}, business_hours: {monday: [09:00-12:00, 11:00-17:00]}}", "one after the other"),
        ("{people: {mia: {}}, business_hours: {monday: 09:00-24:30}}", "wanted hours up to 24:00"),
        ("{people: {mia: {}}, alerts: {most_an_hour: 0}}", "wanted a whole number of at least 1"),
        ("{people: {mia: {}}, reasons: []}", "wanted a list of reasons"),
    ],
)
def test_what_it_can_not_mean_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(ModelError, match=r"^inbox\.yaml:1: ") as refused:
        parse_inbox_file(text, "inbox.yaml")
    assert words in str(refused.value)


def test_a_secret_put_there_by_mistake_is_not_repeated() -> None:
    with pytest.raises(ModelError) as refused:
        parse_inbox_file("people: {mia: {secrets: [whsec_abc]}}", "f")
    assert "whsec_abc" not in str(refused.value)


@pytest.mark.parametrize(
    ("attributes", "turns", "assignment"),
    [
        ({"country": "ch"}, {}, Assignment("tom", None)),
        ({"country": "DE"}, {}, Assignment("mia", "mia tom")),
        ({"country": "DE"}, {"mia tom": 1}, Assignment("tom", "mia tom")),
        ({}, {"mia tom": 2}, Assignment("mia", "mia tom")),
    ],
)
def test_the_first_rule_that_holds_says_whose_lead_it_is(
    attributes: dict[str, str], turns: dict[str, int], assignment: Assignment
) -> None:
    assert assignment_of(read_inbox_file(EXAMPLE), attributes, turns) == assignment


@pytest.mark.parametrize(
    ("country", "before", "assignment"),
    [
        ("DE", "tom", Assignment("tom", None)),
        ("DE", "mia", Assignment("mia", None)),
        ("DE", "lea", Assignment("mia", "mia tom")),
        ("AT", "mia", Assignment("tom", None)),
    ],
)
def test_a_contact_stays_with_whom_it_was_where_the_rule_allows_and_nobody_has_a_turn_with_it(
    country: str, before: str, assignment: Assignment
) -> None:
    assert assignment_of(read_inbox_file(EXAMPLE), {"country": country}, {"mia tom": 2}, before) == assignment


def test_where_no_rule_holds_it_is_nobodys() -> None:
    rules = parse_inbox_file(
        "{people: {mia: {}}, owners: [{attributes: [{attribute: country, equals: AT}], owner: mia}]}", "f"
    )
    assert assignment_of(rules, {"country": "DE"}, {}) == Assignment(None, None)
    assert rules.attributes == {"country"}
