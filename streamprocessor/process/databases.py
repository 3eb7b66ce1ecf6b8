"""Addresses of databases."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from streamprocessor.errors import OperatorError

_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_BACKENDS = ("sqlite", "postgresql")


def read_database_url(said: str, whose: str) -> URL:
    """The address, with the driver that we bring; whose: the database, for the error.

    Raises OperatorError, which never repeats the text: it may hold a password.
    """
    try:
        url = make_url(said)
    except ArgumentError as error:
        message = f"{whose}: wanted a database URL such as postgresql://user:password@host/name; got another text"
        raise OperatorError(message) from error
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.get_backend_name() not in _BACKENDS:
        message = f"{whose}: wanted a database URL of {' or '.join(_BACKENDS)}; got {url.drivername}"
        raise OperatorError(message)
    return url
