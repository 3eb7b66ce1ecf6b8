"""Addresses of databases, and how much one statement takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from streamprocessor.errors import OperatorError

_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_BACKENDS = ("sqlite", "postgresql")
_AT_ONCE = 500  # SQLite takes so many values in one statement and more

T = TypeVar("T")


def read_database_url(address: str, whose: str) -> URL:
    """The URL of a database, with the driver that we bring. whose: the database, for the error.

    Raises OperatorError, which never repeats the address: it may hold a password.
    """
    try:
        url = make_url(address)
    except ArgumentError as error:
        message = f"{whose}: wanted a database URL such as postgresql://user:password@host/name; got another text"
        raise OperatorError(message) from error
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.get_backend_name() not in _BACKENDS:
        message = f"{whose}: wanted a database URL of {' or '.join(_BACKENDS)}; got {url.drivername}"
        raise OperatorError(message)
    return url


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    """The values in their order, never more of them than one statement takes."""
    remaining = iter(values)
    while some := list(islice(remaining, _AT_ONCE)):
        yield some
