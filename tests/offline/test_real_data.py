"""The public data of ../shared/data: read whole, the same twice, in any order, and scored as the oracle does."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from streamprocessor.contract.model_file.read_model import parse_model, read_model
from streamprocessor.imports.rows import BadRow, ImportRow
from streamprocessor.offline.score_file import score_offline
from tests.harness.input_topics import INPUT_TOPICS
from tests.harness.public_data import (
    AFTER_THE_LOG_MS,
    AFTER_THE_MAILS_MS,
    DATA,
    ROOT,
    all_mails,
    facts_of,
    read_log,
    read_marketo,
)
from tests.scoring.oracle.scores import oracle_scores

ROBOT_LEAD = "1124755"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here"),
]


def test_the_log_has_one_bad_line_and_no_other() -> None:
    rows = read_log()
    good = [row for row in rows if isinstance(row, ImportRow)]

    assert [row.line for row in rows if isinstance(row, BadRow)] == [8899]
    assert len(good) == 9_999
    assert len({row.value["id"] for row in good}) == 9_999
    assert len({row.contact_id for row in good}) == 1_861
    assert Counter(row.value["properties"]["method"] for row in good) == {
        "GET": 9_951,
        "HEAD": 42,
        "POST": 5,
        "OPTIONS": 1,
    }
    assert sum("referrer" not in row.value["properties"] for row in good) == 4_072
    assert sum("user_agent" not in row.value["context"] for row in good) == 190
    assert Counter(row.value["context"].get("actor") for row in good) == {None: 7_376, "scanner": 2_589, "proxy": 34}


@pytest.mark.parametrize(
    ("kind", "topic", "leads"),
    [
        ("opens", "email-opens", 98),
        ("clicks", "email-clicks", 6),
        ("unsubscribes", "activities", 98),
        ("deliveries", "activities", 100),
    ],
)
def test_every_row_of_a_marketo_file_is_an_event(kind: str, topic: str, leads: int) -> None:
    rows = list(read_marketo(kind))

    assert len(rows) == 100
    good = [row for row in rows if isinstance(row, ImportRow)]
    assert [INPUT_TOPICS.topic_of(row.value).name for row in good] == 100 * [topic]
    assert len({row.contact_id for row in good}) == leads


def test_ids_of_different_marketo_files_never_meet() -> None:
    assert len({row.value["id"] for row in all_mails()}) == 400


def test_four_tenths_of_the_opens_are_gmail_s_image_proxy_s_and_four_more_its_prefetch() -> None:
    contexts = [row.value["context"] for row in read_marketo("opens") if isinstance(row, ImportRow)]

    assert Counter(context.get("actor") for context in contexts) == {None: 56, "proxy": 44}
    assert sum("GoogleImageProxy" in context["user_agent"] for context in contexts) == 40


def test_a_second_reading_gives_the_same_rows() -> None:
    assert read_log() == read_log()
    assert all_mails() == all_mails()


@pytest.mark.parametrize("source", ["log", "mails"])
def test_twice_and_shuffled_gives_the_scores_of_the_oracle(source: str) -> None:
    rows = all_mails() if source == "mails" else [row for row in read_log() if isinstance(row, ImportRow)]
    at_ms = AFTER_THE_MAILS_MS if source == "mails" else AFTER_THE_LOG_MS
    model = read_model(ROOT / "deploy" / "scoring.yaml")
    once = facts_of(rows)
    twice = facts_of(random.Random(3).sample(rows + rows, k=2 * len(rows)))

    answers = list(score_offline(model, once, at_ms))

    assert list(score_offline(model, twice, at_ms)) == answers
    oracle = oracle_scores(model, once, at_ms)
    assert len(answers) == len(oracle)
    for answer in answers:
        judged = oracle[answer["contact_id"]]["engagement"]
        assert judged is not None
        presented_nano, unrounded_nano = judged
        assert abs(round(answer["scores"]["engagement"]["unrounded"] * 10**9) - unrounded_nano) <= 1
        assert answer["scores"]["engagement"]["score"] * 10**9 == presented_nano


def test_ninety_four_clicks_on_two_links_stay_inside_their_limits() -> None:
    clicks = [row for row in read_marketo("clicks") if isinstance(row, ImportRow) and row.contact_id == ROBOT_LEAD]
    once_a_link = (
        "scores: {s: {rules: [{id: click, on: email_click, points: 5, limit: {count: 1, per: properties.url}}]}}"
    )

    (by_default,) = score_offline(read_model(ROOT / "deploy" / "scoring.yaml"), facts_of(clicks), AFTER_THE_MAILS_MS)
    (by_link,) = score_offline(parse_model(once_a_link, "test"), facts_of(clicks), AFTER_THE_MAILS_MS)

    assert len(clicks) == 94
    # The clicks lie on both sides of a Thursday, so of two links once a week four clicks count.
    assert [(part["rule"], part["of"]) for part in by_default["explanation"]["engagement"]] == [("click", 5)] * 4
    assert by_link["scores"]["s"]["score"] == 10
