"""Whose tokens were made on the page, for who is not the api: read only, as far as their database answers."""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy import create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from streamprocessor.process.clock import now_ms
from streamprocessor.process.databases import read_database_url
from streamprocessor.readmodel.store.access.access_store import access_file, is_not_over
from streamprocessor.readmodel.store.access.tables import api_tokens
from streamprocessor.settings import Settings


def names_of_made_tokens(settings: Settings) -> frozenset[str]:
    """The names of those that let in; none where no api made the database yet, or it does not answer."""
    file = access_file(settings)
    if not settings.database_url and not file.exists():
        return frozenset()
    url = read_database_url(settings.database_url or f"sqlite:///file:{quote(str(file))}?mode=ro&uri=true", "access")
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return frozenset(connection.execute(select(api_tokens.c.name).where(is_not_over(now_ms()))).scalars())
    except SQLAlchemyError:  # what there is to say of a database is said of itself
        return frozenset()
    finally:
        engine.dispose()
