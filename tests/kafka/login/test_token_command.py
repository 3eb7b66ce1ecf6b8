"""A program that prints tokens."""

from __future__ import annotations

import re
import shlex
import sys
import time

import pytest

from streamprocessor.kafka.login.token_command import TokenCommand
from streamprocessor.kafka.login.token_error import TokenError


def _python(program: str) -> str:
    return shlex.join([sys.executable, "-c", program])


async def test_what_it_prints_is_the_token() -> None:
    token = await TokenCommand("""echo '{"access_token":"abc","expires_in":60}'""").fetch()

    assert token.value == "abc"
    assert token.expires_at_seconds - token.asked_at_seconds == 60


async def test_no_shell_sees_its_words() -> None:
    command = f"{_python('import sys; print(sys.argv[1].encode().hex())')} $HOME;`id`"

    assert bytes.fromhex((await TokenCommand(command).fetch()).value) == b"$HOME;`id`"


@pytest.mark.parametrize(
    ("command", "words", "is_transient"),
    [
        (
            "no-such-program --now",
            "the command no-such-program gives no token: .*; got No such file or directory",
            False,
        ),
        (
            _python("raise SystemExit('log in\\nfirst')"),
            r"got exit code 1 \(first\): check .*_SASL_TOKEN_COMMAND",
            False,
        ),
        ("false", r"got exit code 1 \(without a word\)", False),
        (_python("print('Please log in')"), "got 13 bytes that are no token", False),
        (_python("import time; time.sleep(60)"), "got nothing within 0.5 s", True),
    ],
)
async def test_a_program_that_gives_none_is_named_with_what_it_did(
    command: str, words: str, is_transient: bool
) -> None:
    began = time.monotonic()

    with pytest.raises(TokenError) as raised:
        await TokenCommand(command, timeout_seconds=0.5 if is_transient else 20.0).fetch()

    assert re.search(words, raised.value.sentence), raised.value.sentence
    assert raised.value.is_transient is is_transient
    assert time.monotonic() - began < 20


def test_a_quotation_mark_without_its_other_is_refused() -> None:
    with pytest.raises(ValueError, match="No closing quotation"):
        TokenCommand("echo 'abc")
