import io
from typing import Any

from rich.console import Console

from streamprocessor.cli.demo.board import Board
from streamprocessor.cli.demo.screen import PlainScreen, picture, state_line

NOW_MS = 1_767_225_600_000


def step(
    contact_id: str, score: float, stage: str, *, previous_stage: str | None = None, cause: str = "event"
) -> dict[str, Any]:
    shown: dict[str, Any] = {"score": score, "unrounded": float(score), "stage": stage, "previous": 0}
    if previous_stage is not None:
        shown["previous_stage"] = previous_stage
    return {
        "contact_id": contact_id,
        "at": "2026-01-01T10:00:07.000Z",
        "cause": cause,
        "changed": ["engagement"],
        "scores": {"engagement": shown, "fit": {"score": 1}},
    }


HOT_LEAD = {
    "contact_id": "c-1",
    "score_name": "engagement",
    "score": 55,
    "previous_stage": "warm",
    "because": [{"rule": "pricing", "points": 29.96}, {"rule": "contact-us", "points": 25}],
}


def test_a_hot_lead_is_told_with_its_strongest_reasons() -> None:
    assert Board().take_hot_lead(HOT_LEAD) == "HOT LEAD c-1: engagement 55, was warm: pricing +30, contact-us +25"


def test_a_hot_lead_that_was_announced_with_its_name_is_called_by_it() -> None:
    line = Board().take_hot_lead(HOT_LEAD | {"display_name": "Jane Wu", "attributes": {"first_name": "Jane"}})
    assert line.startswith("HOT LEAD Jane Wu (c-1): engagement 55")
    unnamed = Board().take_hot_lead(HOT_LEAD | {"display_name": None, "attributes": {}})
    assert unnamed.startswith("HOT LEAD c-1: ")


def test_only_a_stage_left_by_time_alone_is_told_as_cooling() -> None:
    board = Board()

    assert board.take_step(step("c-1", 50, "hot", previous_stage="warm")) is None
    assert board.take_step(step("c-1", 49, "hot", previous_stage="hot", cause="time")) is None
    assert board.take_step(step("c-2", 20, "warm", previous_stage="hot", cause="event")) is None
    assert board.take_step(step("c-1", 34, "warm", previous_stage="hot", cause="time")) == (
        "cooled   c-1: hot → warm, engagement 34 at 10:00:07"
    )
    assert (board.steps, board.steps_by_time) == (4, 2)


def test_the_strongest_contacts_stand_with_their_score_now_and_their_highest() -> None:
    board = Board()
    for score in (10, 50, 30):
        board.take_step(step("c-1", score, "warm"))
    board.take_step(step("c-2", 40, "warm"))

    assert [(standing.contact_id, standing.score, standing.highest) for standing in board.strongest()] == [
        ("c-2", 40, 40),
        ("c-1", 30, 50),
    ]


def test_rates_are_those_of_the_last_seconds() -> None:
    board = Board()
    board.rates(NOW_MS)
    board.sent, board.steps = 1000, 500
    board.rates(NOW_MS + 10_000)
    board.sent, board.steps = 1200, 600

    assert board.rates(NOW_MS + 12_000) == (100.0, 50.0)


def test_lines_and_picture_tell_the_same_state() -> None:
    board = Board(sent=10)
    board.take_step(step("c-7", 42, "hot"))
    board.take_hot_lead(HOT_LEAD)
    lines, drawn = io.StringIO(), io.StringIO()

    screen = PlainScreen(Console(file=lines, width=200))
    screen.draw(board, NOW_MS)
    screen.draw(board, NOW_MS + 1)
    Console(file=drawn, width=120).print(picture(board, NOW_MS))

    assert lines.getvalue().splitlines() == [state_line(board, NOW_MS)]
    assert "1 hot leads; 1 hot" in lines.getvalue()
    for text in ("c-7", "42", "HOT LEAD c-1"):
        assert text in drawn.getvalue()
