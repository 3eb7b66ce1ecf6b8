"""Sessions that somebody ended, noted until they would have ended by themselves: for all processes, and restarts."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from streamprocessor.readmodel.store.tables import ended_sessions


def end_session(connection: Connection, session_id: str, now_ms: int, until_ms: int) -> None:
    """Note that the session has ended. until_ms: from when on nobody would let it in anyway."""
    connection.execute(delete(ended_sessions).where(ended_sessions.c.until_ms < now_ms))
    if not has_ended(connection, session_id):
        connection.execute(insert(ended_sessions).values(session_id=session_id, until_ms=until_ms))


def has_ended(connection: Connection, session_id: str) -> bool:
    """Whether somebody ended the session."""
    query = select(ended_sessions.c.session_id).where(ended_sessions.c.session_id == session_id)
    return connection.execute(query).first() is not None
