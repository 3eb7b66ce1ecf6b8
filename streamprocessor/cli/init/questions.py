"""The five questions of `streamprocessor init`, asked in the terminal; Enter takes what is proposed."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import click

from streamprocessor.cli.init.businesses import Business
from streamprocessor.cli.init.model_text import (
    CLICK_POINTS,
    FORM_POINTS,
    HALF_LIFE_DAYS,
    HOT_FROM,
    LEAST_HOT,
    MOST_HOT,
    OPEN_POINTS,
    PAGE_POINTS,
    BusinessAnswers,
)

MOST_NAMED, MOST_CHARS = 20, 200
MOST_DAYS = 3_650
NONE = "none"

_DAYS = re.compile(r"([0-9]{1,5})\s*(?:d|days?|(w|weeks?))?", re.ASCII | re.IGNORECASE)


def ask(businesses: tuple[Business, ...]) -> BusinessAnswers:
    """The answers of whoever sits at the terminal; what can't be understood is asked again."""
    click.echo("Five questions; Enter takes what stands in brackets. All can be changed in the file afterwards.\n")
    click.echo("1. What do you sell?")
    for number, each in enumerate(businesses, 1):
        click.echo(f"   {number}  {each.title}")
    business = businesses[click.prompt("  ", default="1", value_proc=number_reader(1, len(businesses))) - 1]
    click.echo("\n2. Which pages of your site open only those who may buy? Beginnings of paths, with commas, or none.")
    pages = click.prompt("  ", default=", ".join(business.pages), value_proc=read_pages)
    click.echo("\n3. Which forms do they send? What `data-form`, id or name of the form says, with commas, or none.")
    forms = click.prompt("  ", default=", ".join(business.forms), value_proc=read_names)
    click.echo("\n4. How long does interest last? After how many days half of the points is left: 30, 2w, or never.")
    days = click.prompt("  ", default=str(HALF_LIFE_DAYS), value_proc=read_days)
    click.echo(
        f"\n5. From how many points on is it a hot lead? A form gives {FORM_POINTS}, such a page {PAGE_POINTS}, a "
        f"click in a mail {CLICK_POINTS}, an open {OPEN_POINTS}:\n"
        f"   {HOT_FROM} are a form, a page, a click and an open."
    )
    hot_from = click.prompt("  ", default=str(HOT_FROM), value_proc=number_reader(LEAST_HOT, MOST_HOT))
    click.echo()
    return BusinessAnswers(business, pages, forms, days, hot_from)


def number_reader(least: int, most: int) -> Callable[[str], int]:
    """What reads a whole number of the range; raises BadParameter where it is none."""

    def read(answer: str) -> int:
        text = answer.strip()
        if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= most):
            message = f"wanted a whole number from {least} to {most}; got '{answer}'"
            raise click.BadParameter(message)
        return int(text)

    return read


def read_pages(answer: str) -> tuple[str, ...]:
    """Beginnings of paths, each with its slash, also of whole addresses; raises BadParameter where one can't be."""
    pages = []
    for part in read_names(answer):
        path = urlsplit(part).path if "://" in part else part
        pages.append("/" + path.lstrip("/"))
    return tuple(dict.fromkeys(pages))


def read_names(answer: str) -> tuple[str, ...]:
    """What stands between commas, each once; raises BadParameter where it is too much, or nobody's name."""
    names = [part.strip() for part in answer.split(",") if part.strip()]
    if [name.lower() for name in names] == [NONE]:
        return ()
    if not 0 < len(names) <= MOST_NAMED:
        message = f"wanted 1 to {MOST_NAMED} with commas between, or {NONE}; got {len(names)}"
        raise click.BadParameter(message)
    for name in names:
        if len(name) > MOST_CHARS or not name.isprintable():
            message = f"wanted at most {MOST_CHARS} characters that can be printed each; got another one"
            raise click.BadParameter(message)
    return tuple(dict.fromkeys(names))


def read_days(answer: str) -> int | None:
    """Days; None for never; raises BadParameter where it is neither."""
    if answer.strip().lower() in ("never", NONE):
        return None
    match = _DAYS.fullmatch(answer.strip())
    days = int(match[1]) * (7 if match[2] else 1) if match else 0
    if not 0 < days <= MOST_DAYS:
        message = f"wanted days from 1 to {MOST_DAYS}, such as 30 or 2w, or never; got '{answer}'"
        raise click.BadParameter(message)
    return days
