"""What people type wrongly is named: where, what was wanted, what stands there, and what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call

WRONG = [
    (["modell"], "unknown command 'modell' (did you mean 'model'?); wanted one that --help lists; got 'modell'"),
    (["model", "chek"], "unknown command 'chek' (did you mean 'check'?); wanted one that --help lists; got 'chek'"),
    (["up", "--worker", "2"], "unknown option '--worker' (did you mean '--workers'?); wanted one that --help lists"),
    (["--boostrap", "x", "up"], "unknown option '--boostrap' (did you mean '--bootstrap'?)"),
    (["up", "--workers", "0"], "--workers: wanted a number from 1 to 64; got 0"),
    (["up", "--workers", "two"], "--workers: wanted a whole number; got 'two'"),
    (["demo", "--rate", "fast"], "--rate: wanted a number; got 'fast'"),
    (["demo", "--seconds", "0"], "--seconds: wanted a number of at least 1; got 0"),
    (["worker", "--metrics-port", "abc"], "--metrics-port: wanted a whole number; got 'abc'"),
    (
        ["worker", "--metrics-port", "99999"],
        "STREAMPROCESSOR_METRICS_PORT: wanted a whole number of at least 0 and at most 65535; got 99999",
    ),
    (["explain"], "CONTACT: is missing; wanted it; got none, as in `streamprocessor explain c-42`"),
    (["explain", "c-42", "--at", "gestern"], "--at: wanted 2026-11-22T08:00:00Z or epoch milliseconds; got 'gestern'"),
    (["import", "none.csv"], "FILE: wanted a file; got 'none.csv', which is not there: see its path"),
    (["import", "deploy"], "FILE: wanted a file; got 'deploy', which is a folder: name a file in it"),
    (["restore", "none.tar.gz"], "ARCHIVE: wanted a file; got 'none.tar.gz', which is not there"),
    (["links", "--contact", "c", "--html", "none.html"], "--html: wanted a file; got 'none.html', which is not there"),
    (["up", "--data-dir", "Makefile"], "--data-dir: wanted a folder; got 'Makefile', which is a file"),
    (["topics", "list", "--model", "deploy"], "--model: wanted a file; got 'deploy', which is a folder"),
    (["doctor", "wrker"], "wanted one of worker, collector, delivery, api (did you mean 'worker'?); got 'wrker'"),
    (["topics", "acl", "--process", "x"], "--process: wanted one of worker, collector, delivery, api, setup"),
    (["init", "--template"], "--template: wanted a value; got none"),
    (["init", "--template", "hubspt"], "--template: unknown word 'hubspt' (did you mean 'hubspot-style'?)"),
    (["model", "check", "deploy"], "deploy: wanted a scoring model in UTF-8; got a folder: name a file in it"),
    (
        ["model", "check", "deploy/scorin.yaml"],
        "deploy/scorin.yaml: wanted a scoring model in UTF-8; got no file of that name (did you mean 'scoring.yaml'?)",
    ),
    (
        ["model", "check", "none/scoring.yaml"],
        "none/scoring.yaml: wanted a scoring model in UTF-8; got no file of that name: its folder is not there either",
    ),
    (["demo", "--rate", "0"], "--rate: wanted a number from 0.1 to 100000"),
    (["rebuild", "--into", "b.shadow"], "application b.shadow: is a shadow's, by its id; wanted one that announces"),
    (["rebuild", "--keep", "--app-id", "a.shadow"], "application a.shadow: is a shadow's, by its id"),
    (["rebuild", "--from-app-id", "a.shadow"], "application a.shadow: is a shadow's, by its id"),
    (["topics", "check", "--bootstrap", "a:b"], "bootstrap: wanted HOST:PORT, several joined by commas; got a:b"),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_what_is_typed_wrongly_ends_with_exit_code_2_and_the_sentence(
    call: Call, words: list[str], sentence: str
) -> None:
    refused = call(*words)

    assert refused.exit_code == 2, refused.output
    assert sentence in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("API_PROT", "1", "STREAMPROCESSOR_API_PROT is not a setting (did you mean 'STREAMPROCESSOR_API_PORT'?); see "),
        ("LOG_LEVEL", "LOUD", "STREAMPROCESSOR_LOG_LEVEL: wanted one of DEBUG, INFO, WARNING, ERROR; got 'LOUD'"),
        (
            "API_PORT",
            "http",
            "STREAMPROCESSOR_API_PORT: wanted a whole number of at least 0 and at most 65535; got 'http'",
        ),
        ("FORM_ATTRIBUTES", "perhaps", "STREAMPROCESSOR_FORM_ATTRIBUTES: wanted true or false; got 'perhaps'"),
        ("COMMIT_INTERVAL_SECONDS", "0", "wanted a number above 0 and at most 60; got '0'"),
        ("RATE_LIMIT_PER_SECOND", "-1", "STREAMPROCESSOR_RATE_LIMIT_PER_SECOND: wanted a whole number of at least 0"),
        ("SMTP_SECURITY", "ssl", "STREAMPROCESSOR_SMTP_SECURITY: wanted one of starttls, tls, none; got 'ssl'"),
    ],
)
def test_a_setting_that_can_not_be_says_what_it_wants(call: Call, setting: str, value: str, sentence: str) -> None:
    refused = call("topics", "list", env={f"STREAMPROCESSOR_{setting}": value})

    assert refused.exit_code == 2
    assert sentence in refused.stderr


def test_a_file_that_is_no_text_is_named_with_the_place(call: Call, tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("scores: ä".encode("latin-1"))

    assert "wanted a scoring model in UTF-8; got other bytes, at byte 8: save it as UTF-8" in (
        call("model", "check", tmp_path / "latin.yaml").stderr
    )


def test_help_is_still_shown_where_a_group_is_called_alone(call: Call) -> None:
    assert "Commands:" in call("model").output
    assert "Commands:" in call().output
