"""Which attributes contacts have."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from streamprocessor.readmodel.store.tables import attributes


def attribute_names(connection: Connection, at_most: int) -> list[str]:
    """The names of attributes that any contact has, in order, the first so many; however many contacts have each."""
    names: list[str] = []
    next_name = select(func.min(attributes.c.name))
    while len(names) < at_most:
        query = next_name.where(attributes.c.name > names[-1]) if names else next_name
        name = connection.execute(query).scalar()
        if name is None:
            break
        names.append(name)
    return names
