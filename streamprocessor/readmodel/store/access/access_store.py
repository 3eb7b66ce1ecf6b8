"""Tokens that people made, and their sessions: made, looked up by their hashes, and gone when they are revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, or_, select, update
from sqlalchemy.exc import OperationalError

from streamprocessor.readmodel.store.access.tables import access, api_sessions, api_tokens
from streamprocessor.readmodel.store.database import opened_lasting, reading, writing
from streamprocessor.settings import Settings

TOKEN_PREFIX, COOKIE_PREFIX = "spt_", "sps_"
"""What those that are made begin with: no other is looked for, and who finds one in a text sees what it is."""
MOST_TOKENS = 1_000
MOST_SESSIONS = 1_000
"""Of a token: who signs in over and over ends the oldest of their own sessions, and does not fill the disk."""
USED_EVERY_MS = 60_000
"""A use is noted once in so long."""

_SECRET_BYTES, _ID_BYTES = 32, 8


class MadeToken(NamedTuple):
    """A token that somebody made, without itself.

    expires_ms: from when on it lets nobody in, in epoch milliseconds; None: never.
    last_used_ms: to the minute; None: it was not used yet.
    """

    id: str
    name: str
    scopes: frozenset[str]
    made_ms: int
    made_by: str
    expires_ms: int | None
    last_used_ms: int | None = None


class TooManyTokensError(Exception):
    """There are as many tokens as may be."""


class LastMakerError(Exception):
    """Without that token nobody could make any."""


class AccessStore:
    """The tokens and sessions of one database. clock_ms: now, in epoch milliseconds."""

    def __init__(self, engine: Engine, clock_ms: Callable[[], int]) -> None:
        self._engine = engine
        self._clock_ms = clock_ms
        self._noted_ms: dict[str, int] = {}

    def make(self, name: str, scopes: frozenset[str], made_by: str, expires_ms: int | None) -> tuple[MadeToken, str]:
        """A new token, and itself, which nobody can tell a second time; raises TooManyTokensError."""
        secret = TOKEN_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        made = MadeToken(secrets.token_hex(_ID_BYTES), name, scopes, self._clock_ms(), made_by, expires_ms)
        with writing(self._engine) as connection:
            if connection.execute(select(func.count()).select_from(api_tokens)).scalar_one() >= MOST_TOKENS:
                raise TooManyTokensError
            connection.execute(
                insert(api_tokens).values(
                    token_id=made.id,
                    token_hash=_hash(secret),
                    name=name,
                    scopes="+".join(sorted(scopes)),
                    made_ms=made.made_ms,
                    made_by=made_by,
                    expires_ms=expires_ms,
                )
            )
        return made, secret

    def tokens(self) -> list[MadeToken]:
        """All that were not revoked, also those whose time is over; the newest first."""
        query = select(api_tokens).order_by(api_tokens.c.made_ms.desc(), api_tokens.c.token_id)
        with reading(self._engine) as connection:
            return [_token(row) for row in connection.execute(query)]

    def revoke(self, token_id: str, maker_scope: str | None) -> MadeToken | None:
        """The token, which from now on lets nobody in, nor do its sessions; None: there is none of that id.

        maker_scope: the scope that another token has to have; None: one of the settings has it. Raises LastMakerError.
        """
        with writing(self._engine) as connection:
            rows = connection.execute(select(api_tokens)).all()
            revoked = next((_token(row) for row in rows if row.token_id == token_id), None)
            if revoked is None:
                return None
            if maker_scope in revoked.scopes and not self._has_another(rows, token_id, maker_scope):
                raise LastMakerError
            connection.execute(delete(api_sessions).where(api_sessions.c.token_id == token_id))
            connection.execute(delete(api_tokens).where(api_tokens.c.token_id == token_id))
        return revoked

    def of_secret(self, secret: str) -> MadeToken | None:
        """The token, noted as used; None: it is none of ours, or its time is over."""
        return self._used(select(api_tokens).where(api_tokens.c.token_hash == _hash(secret)))

    def of_cookie(self, cookie: str) -> MadeToken | None:
        """The token of the session; None: it is none of ours, or the time of either is over."""
        query = select(api_tokens).join(api_sessions, api_sessions.c.token_id == api_tokens.c.token_id)
        is_open = (api_sessions.c.cookie_hash == _hash(cookie)) & (api_sessions.c.until_ms > self._clock_ms())
        return self._used(query.where(is_open))

    def is_active(self, token_id: str) -> bool:
        """Whether the token lets in."""
        query = select(api_tokens.c.token_id).where(api_tokens.c.token_id == token_id, is_not_over(self._clock_ms()))
        with reading(self._engine) as connection:
            return connection.execute(query).first() is not None

    def open_session(self, token_id: str, until_ms: int) -> str:
        """The cookie of a new session of the token."""
        cookie = COOKIE_PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        of_token = api_sessions.c.token_id == token_id
        newest_first = select(api_sessions.c.cookie_hash).where(of_token).order_by(api_sessions.c.until_ms.desc())
        with self._changing() as connection:
            connection.execute(delete(api_sessions).where(api_sessions.c.until_ms < self._clock_ms()))
            too_many = connection.execute(newest_first.offset(MOST_SESSIONS - 1)).scalars().all()
            connection.execute(delete(api_sessions).where(api_sessions.c.cookie_hash.in_(too_many)))
            connection.execute(
                insert(api_sessions).values(cookie_hash=_hash(cookie), token_id=token_id, until_ms=until_ms)
            )
        return cookie

    def end_session(self, cookie: str) -> None:
        """From now on the cookie lets nobody in."""
        with self._changing() as connection:
            connection.execute(delete(api_sessions).where(api_sessions.c.cookie_hash == _hash(cookie)))

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    def _used(self, query: Any) -> MadeToken | None:
        with reading(self._engine) as connection:
            row = connection.execute(query.where(is_not_over(self._clock_ms()))).one_or_none()
        if row is None:
            return None
        self._note_use(row.token_id)
        return _token(row)

    def _note_use(self, token_id: str) -> None:
        now_ms = self._clock_ms()
        if now_ms - self._noted_ms.get(token_id, 0) < USED_EVERY_MS:
            return
        self._noted_ms[token_id] = now_ms
        # Who may come in does not depend on it: a disk without room takes it another time.
        with suppress(OperationalError), self._changing() as connection:
            connection.execute(update(api_tokens).where(api_tokens.c.token_id == token_id).values(last_used_ms=now_ms))

    def _has_another(self, rows: Any, token_id: str, scope: str | None) -> bool:
        now_ms = self._clock_ms()
        others = [_token(row) for row in rows if row.token_id != token_id]
        return any(scope in each.scopes and (each.expires_ms is None or each.expires_ms > now_ms) for each in others)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction that waits for no projection of Kafka's records into the same database."""
        with self._engine.connect().execution_options(is_writing=True) as connection, connection.begin():
            yield connection


def is_not_over(now_ms: int) -> ColumnElement[bool]:
    """The condition that a token lets in at that instant."""
    return or_(api_tokens.c.expires_ms.is_(None), api_tokens.c.expires_ms > now_ms)


def access_file(settings: Settings) -> Path:
    """Where they are unless a setting names a server: apart from the read model, which may be deleted at any time."""
    return settings.data_path / f"{settings.group}.access.sqlite"


def open_access(read_model: Engine, file: Path, clock_ms: Callable[[], int]) -> AccessStore:
    """The store beside the read model: on its server, else in a SQLite file of its own.

    Raises OperatorError where it can't be opened.
    """
    return AccessStore(opened_lasting(read_model, file, access), clock_ms)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _token(row: Any) -> MadeToken:
    scopes = frozenset(row.scopes.split("+"))
    return MadeToken(row.token_id, row.name, scopes, row.made_ms, row.made_by, row.expires_ms, row.last_used_ms)
