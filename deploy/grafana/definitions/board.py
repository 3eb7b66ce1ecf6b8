"""A dashboard as Grafana's JSON: the variables on top, annotations, links to the others, rows of panels."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana.definitions.panels import PROMETHEUS, Row, drawn
from deploy.grafana.definitions.promql import chosen

TAG = "streamprocessor"
OF_EVERY_PROCESS = "leadscore_event_loop_lag_seconds"


@dataclass(frozen=True)
class TextBox:
    """A variable that whoever looks at the dashboard types in."""

    name: str
    label: str
    description: str
    default: str


@dataclass(frozen=True)
class Board:
    """One dashboard. uid: part of its address, never to change. span: how far back it looks at first, such as 1h."""

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    span: str = "1h"
    boxes: Sequence[TextBox] = ()


def as_json(board: Board) -> str:
    """The text of the dashboard's file, the same for the same board."""
    built = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags([TAG])
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .time(f"now-{board.span}", "now")
        .refresh("30s")
        .link(
            dashboard.DashboardLink("The other dashboards")
            .type(models.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True)
        )
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(_label("job", f"label_values({OF_EVERY_PROCESS}, job)"))
        .with_variable(_label("instance", f'label_values({OF_EVERY_PROCESS}{{job=~"$job"}}, instance)'))
        .annotation(
            _mark("Alerts", 'ALERTS{system="streamprocessor", alertstate="firing", alertname!="Watchdog"}', "red")
        )
        .annotation(_mark("Rebalances", f"changes({chosen('leadscore_rebalances_total')}[1m]) > 0", "yellow"))
        .annotation(_mark("Models", f"{chosen('leadscore_build_info')} unless {_a_minute_ago()}", "blue"))
    )
    for box in board.boxes:
        built.with_variable(
            dashboard.TextBoxVariable(box.name)
            .label(box.label)
            .description(box.description)
            .default_value(box.default)
            .current(models.VariableOption(selected=True, text=box.default, value=box.default))
        )
    ids = itertools.count(1)
    for row in board.rows:
        built.with_row(dashboard.Row(row.title).id(next(ids)))
        for panel in row.panels:
            built.with_panel(drawn(panel, next(ids)))
    return json.dumps(built.build(), cls=JSONEncoder, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _label(name: str, query: str) -> dashboard.QueryVariable:
    """Values of a label, all of them at first."""
    return (
        dashboard.QueryVariable(name)
        .label(name.capitalize())
        .datasource(PROMETHEUS)
        .query(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .current(models.VariableOption(selected=True, text=["All"], value=["$__all"]))
    )


def _mark(name: str, expression: str, colour: str) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery().name(name).datasource(PROMETHEUS).expr(expression).icon_color(colour).enable(True)
    )


def _a_minute_ago() -> str:
    return f"{chosen('leadscore_build_info')} offset 1m"
