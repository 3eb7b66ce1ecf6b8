"""What a process writes to its log, in either form, and what it never does."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Callable

import orjson
import pytest
from aiokafka.errors import NodeNotReadyError
from python_multipart.multipart import create_form_parser

from streamprocessor.errors import BrokerAwayError, RecordError
from streamprocessor.process.logs.context import batch_name, trace_id
from streamprocessor.process.logs.lines import JsonLines
from streamprocessor.process.logs.repetition import TALKATIVE
from streamprocessor.process.logs.setup import log_to_stderr
from tests.harness.logs import log_as_before

__all__ = ["log_as_before"]

PERSON = "kim@example.com"
FORMS = ("human", "json")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
ours = logging.getLogger("streamprocessor.stream.worker")


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_line_of_json_says_when_who_what_in_which_process_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("worker", "INFO", "json")
    ours.info("recovered %d partitions\nof 7 \ud800", 3)

    (line,) = lines_of(capsys)
    found = orjson.loads(line)  # more exact than json
    assert re.fullmatch(TIME, found.pop("ts"))
    version = found.pop("version")
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert found == {
        "level": "INFO",
        "logger": "streamprocessor.stream.worker",
        "message": "recovered 3 partitions\nof 7 \\ud800",
        "process": "worker",
    }


@pytest.mark.parametrize("form", FORMS)
async def test_a_line_names_the_micro_batch_and_the_trace_that_it_belongs_to(
    capsys: pytest.CaptureFixture[str], form: str
) -> None:
    log_to_stderr("worker", "INFO", form)

    async def work(number: int) -> None:
        batch_name.set(lambda: f"{number}:17")
        trace_id.set(f"{number:032x}")
        await asyncio.sleep(0)
        ours.info("at work")

    await asyncio.gather(*(asyncio.ensure_future(work(number)) for number in (3, 4)))
    ours.info("outside")

    first, second, outside = lines_of(capsys)
    if form == "json":
        assert [(json.loads(line)["batch"], json.loads(line)["trace_id"]) for line in (first, second)] == [
            ("3:17", f"{3:032x}"),
            ("4:17", f"{4:032x}"),
        ]
        assert not {"batch", "trace_id"} & json.loads(outside).keys()
    else:
        assert first.endswith(f"at work batch=3:17 trace_id={3:032x}")
        assert outside.endswith("outside")


class UnluckyError(Exception):
    """An error of a library, whose words repeat what it was given."""


def _fail() -> None:
    message = f"no {PERSON} here"
    try:
        raise KeyError(PERSON)
    except KeyError as error:
        raise UnluckyError(message) from error


@pytest.mark.parametrize("form", FORMS)
def test_of_an_error_the_place_is_written_and_not_its_words(capsys: pytest.CaptureFixture[str], form: str) -> None:
    log_to_stderr("api", "INFO", form)
    try:
        _fail()
    except UnluckyError as error:
        ours.exception("must restart: %s, %r", error, error)
    ours.warning("could not be used: %s", RecordError("bad-address", PERSON))
    logging.getLogger("mode").error("[^Worker]: Crashed reason=%r", KeyError(PERSON))

    written = capsys.readouterr().err
    assert PERSON not in written
    assert "must restart: UnluckyError, UnluckyError" in written
    assert "Crashed reason=KeyError" in written
    assert "test_logs.py" in written
    assert written.index("KeyError") < written.index("which led to:") < written.rindex("in _fail")


BAD_CALLS: tuple[tuple[object, ...], ...] = (
    (KeyError(PERSON),),
    ("lost: %(why)s", {"why": KeyError(PERSON)}),
    ("%d lines", PERSON),
    ("%s and %s", PERSON),
    ("%(lines)d lines", {"words": PERSON}),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["streamprocessor.api", "aiokafka.client"])
@pytest.mark.parametrize("call", BAD_CALLS, ids=repr)
def test_a_call_that_does_not_fit_is_a_line_as_all_others_and_disturbs_nobody(
    capsys: pytest.CaptureFixture[str], call: tuple[object, ...], name: str, form: str
) -> None:
    log_to_stderr("api", "INFO", form)
    logging.getLogger(name).warning(*call)

    (line,) = lines_of(capsys)
    assert PERSON not in line
    assert "Error" in line


def _end_a_thread() -> None:
    thread = threading.Thread(target=_fail)
    thread.start()
    thread.join()


def _fail_while_taken_away() -> None:
    class Unlucky:
        def __del__(self) -> None:
            _fail()

    Unlucky()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("end", [_end_a_thread, _fail_while_taken_away])
def test_errors_that_nobody_catches_are_logged_as_all_else(
    capsys: pytest.CaptureFixture[str], end: Callable[[], None], form: str
) -> None:
    log_to_stderr("api", "INFO", form)
    end()

    lines = lines_of(capsys)
    assert "UnluckyError" in lines[-1]
    assert PERSON not in "".join(lines)
    assert all(json.loads(line) for line in lines) if form == "json" else lines[-1].startswith("    ")


def test_what_a_stranger_writes_passes_for_no_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    forged = "2026-01-01T00:00:00.000Z ERROR root: all lost"
    log_to_stderr("api", "INFO", "human")
    try:
        raise BrokerAwayError(f"away\n{forged}\r\x1b[31m\u202e")
    except BrokerAwayError as error:
        ours.exception("file a\n%s: %s", forged, error)

    lines = lines_of(capsys)
    assert [line for line in lines if not line.startswith("    ")] == lines[:1]
    assert "".join(lines).isprintable()


@pytest.mark.parametrize("form", FORMS)
def test_each_of_several_errors_at_once_is_told_and_of_a_recursion_its_ends(
    capsys: pytest.CaptureFixture[str], form: str
) -> None:
    def recur() -> None:
        recur()

    log_to_stderr("api", "INFO", form)
    try:
        raise ExceptionGroup("several", [KeyError(PERSON), OSError(28, "No space left on device")])
    except ExceptionGroup:
        ours.exception("two failed")
    several = capsys.readouterr().err
    try:
        recur()
    except RecursionError:
        ours.exception("deep")
    deep = capsys.readouterr().err

    assert "KeyError" in several
    assert "No space left on device" in several
    assert PERSON not in several
    assert "places more" in deep
    assert len(deep) < 20_000


@pytest.mark.parametrize("form", FORMS)
def test_what_is_made_for_an_operator_keeps_its_words(capsys: pytest.CaptureFixture[str], form: str) -> None:
    log_to_stderr("api", "INFO", form)
    ours.warning("%s; trying again", BrokerAwayError("Kafka can't be used at k:1"))
    ours.warning("%r", NodeNotReadyError("node 1"))
    ours.warning("audit: %s", OSError(28, "No space left on device"))

    first, second, third = lines_of(capsys)
    assert "Kafka can't be used at k:1; trying again" in first
    assert "node 1" in second
    assert "No space left on device" in third


@pytest.mark.parametrize("form", FORMS)
async def test_what_the_event_loop_says_of_a_lost_task_shows_nothing_of_its_error(
    capsys: pytest.CaptureFixture[str], form: str
) -> None:
    log_to_stderr("api", "INFO", form)

    async def fail() -> None:
        _fail()

    task = asyncio.ensure_future(fail())
    await asyncio.wait([task])
    asyncio.get_running_loop().call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
    )

    written = capsys.readouterr().err
    assert "Task exception was never retrieved" in written
    assert PERSON not in written


@pytest.mark.parametrize("form", FORMS)
def test_what_ends_the_process_is_logged_as_all_else(capsys: pytest.CaptureFixture[str], form: str) -> None:
    log_to_stderr("api", "INFO", form)
    try:
        _fail()
    except UnluckyError as error:
        sys.excepthook(type(error), error, error.__traceback__)

    written = capsys.readouterr().err
    assert "the process ends by an error" in written
    assert PERSON not in written
    assert form != "json" or len(written.splitlines()) == 1


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_libraries_log_warnings_only_and_seldom_the_same_at_whatever_level(
    capsys: pytest.CaptureFixture[str], level: str
) -> None:
    log_to_stderr("api", level, "human")
    for name in TALKATIVE:
        logger = logging.getLogger(f"{name}.part")
        logger.debug("request with %s", PERSON)
        for _ in range(3):
            logger.warning("matters")

    assert len(lines_of(capsys)) == len(TALKATIVE)


def test_what_parses_peoples_forms_is_among_those_libraries() -> None:
    assert create_form_parser.__module__.partition(".")[0] in TALKATIVE


def test_a_signal_makes_the_level_debug_and_another_one_makes_it_what_it_was(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr("worker", "WARNING", "human")
    ours.debug("unseen")
    os.kill(os.getpid(), signal.SIGUSR1)
    ours.debug("seen")
    os.kill(os.getpid(), signal.SIGUSR2)
    ours.info("unseen again")
    for thread in threading.enumerate():
        if thread.name.endswith("(warning)"):  # what tells of the level
            thread.join()

    assert {line.split(": ")[1] for line in lines_of(capsys)} == {
        "the log's level is DEBUG from now on",
        "seen",
        "the log's level is WARNING from now on",
    }


def test_a_line_of_json_is_one_line_whatever_is_in_it() -> None:
    record = logging.LogRecord("a", logging.INFO, "a.py", 1, "%s", ("a\nb\u2028c\x1b[31m",), None)

    line = JsonLines("api", "0").format(record)

    assert len(line.splitlines()) == 1
    assert orjson.loads(line)["message"] == "a\nb\u2028c\x1b[31m"
