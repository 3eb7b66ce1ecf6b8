"""Models put in force over the API: by whom and why, on which base, with whose approval, and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError, TopicAuthorizationFailedError
from sqlalchemy import Engine

from streamprocessor.contract.rfc3339 import format_rfc3339
from tests.harness.apis import bearer
from tests.readmodel.api_apps import NOW_MS, ApiApp
from tests.readmodel.clock import Clock
from tests.readmodel.conftest import empty_database
from tests.readmodel.databases import opened_database
from tests.readmodel.models_log import ModelsLog, following

ANNA, BERT, CARA, READER = "token-of-anna", "token-of-bert", "token-of-cara", "token-of-a-reader"
TOKENS = f"anna/read+model={ANNA},bert/read+model={BERT},cara/read+model={CARA},page/read+write+erase+tokens={READER}"
TEXT = "scores: {{s: {{rules: [{{id: open, on: email_open, points: {points}}}]}}}}\n"
ONE, TWO, THREE = (TEXT.format(points=points) for points in (1, 2, 3))
SEGMENTED = f"{ONE}segments: {{quiet: {{suppressed: true}}}}\n"
POINTS = {"score": "s", "rule": "open", "word": "points"}


@pytest.fixture(params=["sqlite", "postgresql"])
def engine_of_each(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database of each kind."""
    with opened_database(empty_database(request), tmp_path / "read-model.sqlite") as engine:
        yield engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A database without a server."""
    with opened_database("", tmp_path / "read-model.sqlite") as engine:
        yield engine


@pytest.fixture
def log() -> ModelsLog:
    """A topic with the first revision, of a release that knew no authors."""
    log = ModelsLog()
    log.apply(ONE)
    return log


@pytest.fixture
async def app(engine: Engine, tmp_path: Path, log: ModelsLog) -> AsyncIterator[ApiApp]:
    async with following(log, Clock(NOW_MS)) as topic:
        yield ApiApp(engine, tmp_path, tokens=TOKENS, model_topic=topic, shadow=Shadow())


@pytest.fixture
async def strict_app(engine: Engine, tmp_path: Path, log: ModelsLog) -> AsyncIterator[ApiApp]:
    """One where a draft needs somebody else's approval."""
    async with following(log, Clock(NOW_MS)) as topic:
        yield ApiApp(engine, tmp_path, tokens=TOKENS, model_topic=topic, model_approvals=1, shadow=Shadow())


class Shadow:
    """The shadow process, as far as it says which candidate it scores."""

    async def comparison(self) -> dict[str, Any]:
        return {"candidate": {"name": "default", "version": "v2", "text": TWO}}


async def ask(app: ApiApp, method: str, path: str, token: str = ANNA, **body: Any) -> httpx.Response:
    """The answer; a body where one is given."""
    return await app.client(headers=bearer(token)).request(method, f"/api/model/{path}", json=body or None)


async def answer_to(app: ApiApp, method: str, path: str, token: str = ANNA, **body: Any) -> dict[str, Any]:
    """The JSON of an answer that must be 200."""
    answer = await ask(app, method, path, token, **body)
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


async def in_force(app: ApiApp) -> tuple[str, str]:
    """The label and the text of the revision that is."""
    label = (await answer_to(app, "GET", "revisions"))["revisions"][0]["label"]
    return label, (await answer_to(app, "GET", f"revisions/{label}"))["text"]


async def test_what_is_published_is_in_force_and_the_history_says_by_whom_why_and_what_changed(app: ApiApp) -> None:
    published = await answer_to(app, "POST", "publish", text=TWO, based_on="1", note="opens are worth more")

    assert (published["label"], published["author"], published["note"]) == ("2", "anna", "opens are worth more")
    assert (published["is_new"], published["in_force"], published["before"]) == (True, True, "1")
    assert published["differences"] == [POINTS | {"old": "1", "new": "2"}]
    newest, first = (await answer_to(app, "GET", "revisions", READER))["revisions"]
    assert newest == {word: published[word] for word in newest}
    assert (first["label"], first["author"], first["origin"], first["in_force"]) == ("1", None, None, False)
    assert await answer_to(app, "GET", "revisions/2", READER) == {
        word: value for word, value in published.items() if word != "is_new"
    }
    audited = app.audited()[0]
    assert (audited["operation"], audited["who"], audited["object"]) == ("publish_model", "anna", "2")


async def test_of_two_who_publish_on_one_base_one_gets_a_conflict_with_what_the_other_changed(
    engine: Engine, tmp_path: Path, log: ModelsLog
) -> None:
    clock = Clock(NOW_MS)
    async with following(log, clock) as one, following(log, clock) as other:
        apps = [ApiApp(engine, tmp_path, tokens=TOKENS, model_topic=topic) for topic in (one, other)]
        log.hidden_from = 1  # neither has seen what the other wrote when they write
        asked = [
            asyncio.ensure_future(ask(each, "POST", "publish", token, text=text, based_on="1"))
            for each, token, text in zip(apps, (ANNA, BERT), (TWO, THREE), strict=True)
        ]
        await log.until_written(3)
        await log.show()
        answers = await asyncio.gather(*asked)

        assert sorted(answer.status_code for answer in answers) == [200, 409]
        winner, loser = sorted(answers, key=lambda answer: answer.status_code)
        problem = loser.json()
        assert problem["code"] == "conflict"
        assert problem["in_force"]["label"] == "2"
        assert problem["in_force"]["author"] == winner.json()["author"]
        assert (
            problem["differences"]
            == winner.json()["differences"]
            == [POINTS | {"old": "1", "new": problem["differences"][0]["new"]}]
        )
        for each in apps:
            assert await in_force(each) == ("2", winner.json()["text"])


@pytest.mark.parametrize("second", [SEGMENTED.replace("quiet", "silent"), TWO], ids=["segments", "scores"])
async def test_segments_that_came_between_are_not_overwritten_by_what_was_begun_before(
    app: ApiApp, log: ModelsLog, second: str
) -> None:
    await answer_to(app, "POST", "publish", BERT, text=SEGMENTED, based_on="1")

    refused = await ask(app, "POST", "publish", text=second, based_on="1")

    assert (refused.status_code, refused.json()["in_force"]["label"]) == (409, "1.1")
    assert [each["word"] for each in refused.json()["differences"]] == ["segments.quiet"]
    assert await in_force(app) == ("1.1", SEGMENTED)
    assert len(log.records) == 2


async def test_who_publishes_what_is_in_force_already_is_told_so_whatever_they_began_with(app: ApiApp) -> None:
    await answer_to(app, "POST", "publish", text=TWO, based_on="1")
    again = await answer_to(app, "POST", "publish", BERT, text=TWO, based_on="1")
    assert (again["label"], again["author"], again["is_new"]) == ("2", "anna", False)


async def test_an_earlier_revision_is_gone_back_to_as_a_new_one(app: ApiApp) -> None:
    await answer_to(app, "POST", "publish", text=TWO, based_on="1")
    late = await ask(app, "POST", "rollback", BERT, label="1", based_on="1", note="too loud")
    assert (late.status_code, late.json()["in_force"]["label"]) == (409, "2")

    back = await answer_to(app, "POST", "rollback", BERT, label="1", based_on="2", note="too loud")

    assert (back["label"], back["author"], back["note"], back["text"]) == ("3", "bert", "too loud", ONE)
    assert back["origin"] == "api rollback 1"
    for body in ({"label": "9", "based_on": "3"}, {"label": "1", "based_on": "9"}):
        refused = await ask(app, "POST", "rollback", **body)
        assert (refused.status_code, refused.json()["code"]) == (400, "no-such-revision")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": "scores: {s: {rules: [{id: a}]}}", "based_on": "1"}, 400, "bad-model"),
        ({"text": "scores: [", "based_on": "1"}, 400, "bad-model"),
        ({"text": TWO, "based_on": "7"}, 400, "no-such-revision"),
        ({"text": TWO}, 400, "bad-body"),
        ({"based_on": "1"}, 400, "bad-body"),
        ({"text": TWO, "draft": "x", "based_on": "1"}, 400, "bad-body"),
        ({"text": "a\0", "based_on": "1"}, 400, "bad-body"),
        ({"text": TWO, "based_on": "1", "note": "n" * 1_001}, 400, "bad-body"),
        ({"draft": "none"}, 404, "no-such-draft"),
    ],
)
async def test_what_can_not_be_published_is_refused_and_nothing_is_written(
    app: ApiApp, log: ModelsLog, body: dict[str, Any], status: int, code: str
) -> None:
    refused = await ask(app, "POST", "publish", **body)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert len(log.records) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "publish", {"text": TWO, "based_on": "1"}),
        ("POST", "rollback", {"label": "1", "based_on": "1"}),
        ("POST", "promote", {"based_on": "1"}),
        ("PUT", "drafts/d", {"text": TWO, "based_on": "1"}),
        ("DELETE", "drafts/d", {}),
        ("POST", "drafts/d/approve", {}),
    ],
)
async def test_a_token_without_the_scope_changes_no_model(
    app: ApiApp, method: str, path: str, body: dict[str, Any]
) -> None:
    refused = await ask(app, method, path, READER, **body)
    assert (refused.status_code, refused.json()["code"]) == (403, "no-scope")


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (KafkaTimeoutError(), 503, "kafka-away"),
        (TopicAuthorizationFailedError(), 503, "kafka-forbids"),
        (MessageSizeTooLargeError(), 413, "too-large"),
    ],
    ids=lambda value: str(value),
)
async def test_what_kafka_does_not_take_is_told_and_not_in_force(
    app: ApiApp, log: ModelsLog, refusal: Exception, status: int, code: str
) -> None:
    log.refusal = refusal
    refused = await ask(app, "POST", "publish", text=TWO, based_on="1")
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert await in_force(app) == ("1", ONE)


async def test_a_record_that_is_no_revision_stops_nobody_from_publishing(
    engine: Engine, tmp_path: Path, log: ModelsLog
) -> None:
    await log.send_and_wait("models", b"{", key=b"poison", partition=0)
    async with following(log, Clock(NOW_MS)) as topic:
        app = ApiApp(engine, tmp_path, tokens=TOKENS, model_topic=topic)
        assert (await answer_to(app, "POST", "publish", text=TWO, based_on="1"))["label"] == "2"


async def test_a_draft_is_kept_for_all_processes_until_it_is_published(
    engine_of_each: Engine, tmp_path: Path, log: ModelsLog
) -> None:
    async with following(log, Clock(NOW_MS)) as one, following(log, Clock(NOW_MS)) as other:
        app, beside = (ApiApp(engine_of_each, tmp_path, tokens=TOKENS, model_topic=topic) for topic in (one, other))
        unfinished = await answer_to(app, "PUT", "drafts/Q3 & more", text="scores: [", based_on="1", note="for Q3")
        assert unfinished == {
            "name": "Q3 & more",
            "text": "scores: [",
            "based_on": "1",
            "note": "for Q3",
            "author": "anna",
            "changed_at": format_rfc3339(NOW_MS),
            "approvals": [],
            "needs_approval": False,
            "is_behind": False,
        }
        assert await answer_to(beside, "GET", "drafts/Q3 & more", READER) == unfinished
        refused = await ask(beside, "POST", "publish", draft="Q3 & more")
        assert (refused.status_code, refused.json()["code"]) == (400, "bad-model")
        await answer_to(beside, "PUT", "drafts/Q3 & more", BERT, text=TWO, based_on="1", note="for Q3")
        listed = (await answer_to(app, "GET", "drafts"))["drafts"]
        assert [(each["name"], each["author"]) for each in listed] == [("Q3 & more", "bert")]

        published = await answer_to(app, "POST", "publish", draft="Q3 & more")

        assert (published["text"], published["author"], published["note"]) == (TWO, "anna", "for Q3")
        assert published["origin"] == "api publish draft Q3 & more"
        assert (await answer_to(beside, "GET", "drafts"))["drafts"] == []


async def test_who_saves_over_what_somebody_else_saved_since_is_told_by_whom(app: ApiApp) -> None:
    begun = await answer_to(app, "PUT", "drafts/d", text=ONE, based_on="1")
    edited = await answer_to(app, "PUT", "drafts/d", BERT, text=TWO, based_on="1", changed_at=begun["changed_at"])
    assert edited["changed_at"] > begun["changed_at"]

    refused = await ask(app, "PUT", "drafts/d", text=THREE, based_on="1", changed_at=begun["changed_at"])

    assert (refused.status_code, refused.json()["code"]) == (409, "draft-changed")
    assert (refused.json()["author"], refused.json()["changed_at"]) == ("bert", edited["changed_at"])
    assert await answer_to(app, "DELETE", "drafts/d") == edited
    gone = await ask(app, "PUT", "drafts/d", text=THREE, based_on="1", changed_at=begun["changed_at"])
    assert gone.json()["code"] == "draft-changed"
    assert (await ask(app, "GET", "drafts/d")).json()["code"] == "no-such-draft"


async def test_a_draft_behind_what_is_in_force_says_so_and_is_not_published_over_it(app: ApiApp) -> None:
    await answer_to(app, "PUT", "drafts/d", text=TWO, based_on="1")
    await answer_to(app, "POST", "publish", BERT, text=THREE, based_on="1")

    assert (await answer_to(app, "GET", "drafts/d"))["is_behind"]
    refused = await ask(app, "POST", "publish", draft="d")
    assert (refused.status_code, refused.json()["in_force"]["author"]) == (409, "bert")
    assert (await answer_to(app, "POST", "publish", draft="d", based_on="2"))["label"] == "3"


async def test_where_approvals_are_wanted_a_draft_is_published_with_somebody_elses_of_its_very_text(
    strict_app: ApiApp,
) -> None:
    app = strict_app
    draft = await answer_to(app, "PUT", "drafts/d", text=TWO, based_on="1")
    assert draft["needs_approval"]
    for token, path, body in (
        (ANNA, "publish", {"draft": "d"}),
        (BERT, "publish", {"draft": "d"}),
        (BERT, "publish", {"text": TWO, "based_on": "1"}),
        (ANNA, "drafts/d/approve", {}),
    ):
        refused = await ask(app, "POST", path, token, **body)
        assert refused.status_code == 403, refused.text
        assert refused.json()["code"] in ("needs-approval", "own-draft")

    for _ in range(2):  # once is as good as twice
        approved = await answer_to(app, "POST", "drafts/d/approve", BERT)
    assert approved["approvals"] == [{"by": "bert", "at": format_rfc3339(NOW_MS)}]
    assert not approved["needs_approval"]
    same = await answer_to(app, "PUT", "drafts/d", text=TWO, based_on="1")
    assert same["approvals"] == approved["approvals"]
    edited = await answer_to(app, "PUT", "drafts/d", CARA, text=THREE, based_on="1")
    assert (edited["approvals"], edited["needs_approval"], edited["author"]) == ([], True, "cara")
    assert (await ask(app, "POST", "publish", draft="d")).status_code == 403

    await answer_to(app, "POST", "drafts/d/approve", ANNA)
    published = await answer_to(app, "POST", "publish", CARA, draft="d")
    assert (published["text"], published["author"], published["approved_by"]) == (THREE, "cara", ["anna"])


async def test_an_approval_holds_for_the_base_that_the_draft_had(strict_app: ApiApp, log: ModelsLog) -> None:
    app = strict_app
    await answer_to(app, "PUT", "drafts/d", text=TWO, based_on="1")
    await answer_to(app, "POST", "drafts/d/approve", BERT)
    await answer_to(app, "PUT", "drafts/other", BERT, text=THREE, based_on="1")
    await answer_to(app, "POST", "drafts/other/approve")
    await answer_to(app, "POST", "publish", draft="other")

    refused = await ask(app, "POST", "publish", draft="d", based_on="2")
    assert (refused.status_code, refused.json()["code"]) == (403, "needs-approval")
    assert (await ask(app, "POST", "publish", draft="d")).json()["code"] == "conflict"
    assert len(log.records) == 2


async def test_going_back_needs_nobodys_approval(strict_app: ApiApp) -> None:
    await answer_to(strict_app, "PUT", "drafts/d", text=TWO, based_on="1")
    await answer_to(strict_app, "POST", "drafts/d/approve", BERT)
    await answer_to(strict_app, "POST", "publish", draft="d")
    assert (await answer_to(strict_app, "POST", "rollback", label="1", based_on="2"))["text"] == ONE


async def test_what_the_shadow_scores_is_promoted_as_it_is_unless_it_scores_another_by_now(app: ApiApp) -> None:
    other = await ask(app, "POST", "promote", based_on="1", version="v1")
    assert (other.status_code, other.json()["code"]) == (409, "candidate-changed")

    promoted = await answer_to(app, "POST", "promote", based_on="1", version="v2", note="tried for a week")

    assert (promoted["label"], promoted["text"], promoted["origin"]) == ("2", TWO, "api promote")
    assert (promoted["author"], promoted["note"]) == ("anna", "tried for a week")
    assert (await answer_to(app, "POST", "rollback", label="1", based_on="2"))["label"] == "3"
    late = await ask(app, "POST", "promote", based_on="2")
    assert (late.status_code, late.json()["in_force"]["label"]) == (409, "3")


async def test_where_approvals_are_wanted_a_candidate_is_promoted_whose_very_text_has_one(strict_app: ApiApp) -> None:
    await answer_to(strict_app, "PUT", "drafts/d", text=TWO, based_on="1")
    refused = await ask(strict_app, "POST", "promote", based_on="1")
    assert (refused.status_code, refused.json()["code"]) == (403, "needs-approval")
    await answer_to(strict_app, "POST", "drafts/d/approve", BERT)
    assert (await answer_to(strict_app, "POST", "promote", based_on="1"))["approved_by"] == ["bert"]
