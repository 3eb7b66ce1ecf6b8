"""Endpoints about saved views: lists of contacts under a name."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Body, Query
from sqlalchemy import Connection, delete, func, insert, select

from streamprocessor.readmodel.endpoints.contact_lookup import check_stages, sort_order
from streamprocessor.readmodel.endpoints.known_segments import known_by
from streamprocessor.readmodel.endpoints.lists.columns import read_columns
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import ListQuery, NoParameters, PathName, check_new_name
from streamprocessor.readmodel.responses.lists.views import SavedView, ViewList
from streamprocessor.readmodel.routing.access import READER, WRITER
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store.database import writing
from streamprocessor.readmodel.store.tables import views

MOST_VIEWS = 500

_ONE = "/{name:written_name}"

router = APIRouter(prefix="/api/views", route_class=ApiRoute)


@router.get("", dependencies=[READER])
def list_views(context: Context, _: Annotated[NoParameters, Query()]) -> ViewList:
    """All saved views."""
    with context.reading() as connection:
        rows = connection.execute(select(views).order_by(views.c.name)).all()
    return ViewList(views=[SavedView(name=row.name, view=orjson.loads(row.view)) for row in rows])


@router.get(_ONE, dependencies=[READER])
def get_view(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> SavedView:
    """A saved view."""
    with context.reading() as connection:
        return _known(connection, name)


@router.put(_ONE, dependencies=[WRITER])
def put_view(
    context: Context, name: PathName, body: Annotated[ListQuery, Body()], _: Annotated[NoParameters, Query()]
) -> SavedView:
    """Save a view: a filter or a segment, by which score it is sorted, and its columns."""
    check_new_name(name)
    _check(context, body)
    view = body.model_dump(mode="json", exclude_defaults=True)
    with writing(context.engine) as connection:
        connection.execute(delete(views).where(views.c.name == name))
        if connection.execute(select(func.count()).select_from(views)).scalar_one() >= MOST_VIEWS:
            raise Problem(
                409, "too-many-views", f"views: wanted at most {MOST_VIEWS}; there are as many: drop one first"
            )
        connection.execute(insert(views).values(name=name, view=orjson.dumps(view).decode()))
    return SavedView(name=name, view=view)


@router.delete(_ONE, dependencies=[WRITER])
def delete_view(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> SavedView:
    """Drop a saved view; the contacts in it are as they were."""
    with writing(context.engine) as connection:
        known = _known(connection, name)
        connection.execute(delete(views).where(views.c.name == name))
    return known


def _check(context: ApiContext, view: ListQuery) -> None:
    """Raise Problem where the view names what is not there."""
    order = sort_order(context, view)
    check_stages(context, order.score, view.stage)
    view.filter_of(order.score)
    read_columns(context.scorer().model, view.columns)
    if view.segment is not None:
        with context.reading() as connection:
            known_by(connection, context.scorer().model, view.segment)


def _known(connection: Connection, name: str) -> SavedView:
    row = connection.execute(select(views).where(views.c.name == name)).one_or_none()
    if row is None:
        raise Problem(404, "no-such-view", "view: wanted one that was saved; got another name")
    return SavedView(name=row.name, view=orjson.loads(row.view))
