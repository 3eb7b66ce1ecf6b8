"""The settings' file of a folder, `streamprocessor.env`: what commands find beside the environment."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.errors import OperatorError

SETTINGS_FILE = "streamprocessor.env"

_PREFIX = "STREAMPROCESSOR_"
_RUNS_A_PROGRAM = f"{_PREFIX}SASL_TOKEN_COMMAND"


def environment(command: Mapping[str, str] | None = None, file: Path = Path(SETTINGS_FILE)) -> dict[str, str]:
    """The process's environment, before what the command has of its own, before what the settings' file says.

    Raises OperatorError where the file can't be read, names what is no setting, or holds a wrong value.
    """
    return _settings_of(file) | dict(command or {}) | {name: value for name, value in os.environ.items() if value}


def _settings_of(file: Path) -> dict[str, str]:
    from streamprocessor.settings import read_settings

    settings: dict[str, str] = {}
    for number, line in enumerate(_text_of(file).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, value = _pair(line, f"{file}:{number}")
        if name in settings:
            message = f"{file}:{number}: {name} stands twice; wanted it once; got it on an earlier line already"
            raise OperatorError(message)
        try:
            read_settings({name: value})
        except OperatorError as error:
            message = f"{file}:{number}: {str(error).removeprefix('settings: ')}"
            raise OperatorError(message) from error
        settings[name] = value
    return settings


def _pair(line: str, where: str) -> tuple[str, str]:
    """Name and value; quotes around a value are not part of it."""
    name, equals, value = line.strip().removeprefix("export ").partition("=")
    name, value = name.strip(), value.strip()
    if not equals or not name.startswith(_PREFIX):
        got = "a line without =" if not equals else f"'{shown_text(name)}'"
        message = f"{where}: wanted {_PREFIX}NAME=VALUE, or a comment behind #; got {got}"
        raise OperatorError(message)
    if name == _RUNS_A_PROGRAM and value:
        # A folder may be somebody else's work, cloned or unpacked: to look at a model must not run what it brings.
        message = f"{where}: wanted {name}, which runs a program, in the environment; got it in a file of the folder"
        raise OperatorError(message)
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return name, value[1:-1]
    return name, value.partition(" #")[0].rstrip()


def _text_of(file: Path) -> str:
    """The file's text; nothing where there is none. Raises OperatorError where it is a pipe or others may write it."""
    try:
        # A pipe of that name would be waited for.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), encoding="utf-8-sig") as opened:
            facts = os.fstat(opened.fileno())
            if not stat.S_ISREG(facts.st_mode):
                message = f"{file}: wanted a regular file; got another"
                raise OperatorError(message)
            if facts.st_uid not in (0, os.geteuid()) or facts.st_mode & stat.S_IWOTH:
                message = (
                    f"{file}: wanted a file that nobody but you may write; got one that others may: look at what is in "
                    f"it, then `chown {os.geteuid()} {file}; chmod o-w {file}`"
                )
                raise OperatorError(message)
            return opened.read()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file}: wanted lines of {_PREFIX}NAME=VALUE in UTF-8; got an error: {error}"
        raise OperatorError(message) from error


def log_environment() -> Mapping[str, str]:
    """As `environment`, but the process's own where the file is wrong: a log is set up whatever is wrong."""
    try:
        return environment()
    except OperatorError:
        return os.environ
