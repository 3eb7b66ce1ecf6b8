"""What a command line gets wrong, in the words that all errors of ours have: where, wanted, got, and what was meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import click

_SENTENCES: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = (
    (
        re.compile(r"'?(.*?)'? is not in the range (.*)\.", re.DOTALL),
        lambda match: f"wanted a number {_range(match[2])}; got {match[1]}",
    ),
    (
        re.compile(r"'(.*)' is not a valid integer(?: range)?\.", re.DOTALL),
        lambda match: f"wanted a whole number; got '{match[1]}'",
    ),
    (
        re.compile(r"'(.*)' is not a valid float(?: range)?\.", re.DOTALL),
        lambda match: f"wanted a number; got '{match[1]}'",
    ),
    (
        re.compile(r"'(.*)' is not one of ('.*')\.", re.DOTALL),
        lambda match: _one_of(match[1], [each.strip("'") for each in match[2].split(", ")]),
    ),
    (
        re.compile(r"(?:File|Path) '(.*)' does not exist\.", re.DOTALL),
        lambda match: f"wanted a file; got '{match[1]}', which is not there: see its path",
    ),
    (
        re.compile(r"Directory '(.*)' does not exist\.", re.DOTALL),
        lambda match: f"wanted a folder; got '{match[1]}', which is not there: see its path",
    ),
    (
        re.compile(r"File '(.*)' is a directory\.", re.DOTALL),
        lambda match: f"wanted a file; got '{match[1]}', which is a folder: name a file in it",
    ),
    (
        re.compile(r"Directory '(.*)' is a file\.", re.DOTALL),
        lambda match: f"wanted a folder; got '{match[1]}', which is a file",
    ),
)
_NO_VALUE = re.compile(r"Option '(.*)' requires (?:an argument|\d+ arguments)\.")
_NO_COMMAND = re.compile(r"No such command '(.*)'\.", re.DOTALL)


def restated(error: click.UsageError) -> click.UsageError:
    """The error in our words; itself where it has them, or is of a kind that we do not know."""
    sentence = _sentence(error)
    return error if sentence is None else click.UsageError(sentence, error.ctx)


def _sentence(error: click.UsageError) -> str | None:
    if isinstance(error, click.NoSuchOption):
        flags = [flag for each in error.ctx.command.params for flag in each.opts] if error.ctx is not None else []
        return _unknown("option", error.option_name, [flag for flag in flags if flag.startswith("-")])
    if isinstance(error, click.MissingParameter):
        return f"{_where(error)}: is missing; wanted it; got none{_example(error.ctx)}"
    if isinstance(error, click.BadParameter):
        for pattern, sentence in _SENTENCES:
            if (match := pattern.fullmatch(error.message)) is not None:
                return f"{_where(error)}: {sentence(match)}"
        return f"{_where(error)}: {error.message}" if "wanted " in error.message else None
    if (match := _NO_VALUE.fullmatch(error.message)) is not None:
        return f"{match[1]}: wanted a value; got none"
    if (match := _NO_COMMAND.fullmatch(error.message)) is not None and error.ctx is not None:
        group = error.ctx.command
        return _unknown("command", match[1], group.list_commands(error.ctx) if isinstance(group, click.Group) else [])
    return None


def _where(error: click.BadParameter) -> str:
    """The option's or argument's name, as it is typed."""
    parameter = error.param
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return (parameter.name or "").upper() if parameter is not None else "the command line"


def _unknown(what: str, got: str, known: Sequence[str]) -> str:
    return f"unknown {what} '{got}'{_meant(got, known)}; wanted one that --help lists; got '{got}'"


def _one_of(got: str, choices: Sequence[str]) -> str:
    return f"wanted one of {', '.join(choices)}{_meant(got, choices)}; got '{got}'"


def _meant(got: str, known: Sequence[str]) -> str:
    from streamprocessor.contract.strict_yaml.located import did_you_mean

    return did_you_mean(got, known)


def _range(bounds: str) -> str:
    """`1<=x<=64` as people write it: from 1 to 64."""
    low, _, high = bounds.partition("x")
    most = high.lstrip("<>=")
    if low and high:
        return f"from {low.rstrip('<=')} to {most}"
    if low:
        return f"{'of at least' if low.endswith('=') else 'above'} {low.rstrip('<=')}"
    words = {"<=": "of at most", "<": "below", ">=": "of at least", ">": "above"}
    return f"{words.get(high[: len(high) - len(most)], '')} {most}"


def _example(ctx: click.Context | None) -> str:
    """The first example of the command's help, where there is one."""
    lines = (ctx.command.epilog or "").splitlines() if ctx is not None else []
    first = next((line.strip() for line in lines if line.startswith("  ")), None)
    return f", as in `{first}`" if first is not None else ""
