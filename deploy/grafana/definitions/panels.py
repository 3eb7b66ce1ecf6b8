"""Panels as values, and how Grafana draws them: title, what good looks like, unit, queries, thresholds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import prometheus as prometheus_models

from deploy.grafana.definitions.promql import WINDOW, quantile

Look = Literal["number", "lines", "stacked", "bars", "ranking", "rows"]
GREEN, YELLOW, RED = "green", "yellow", "red"
PROMETHEUS = models.DataSourceRef(type_val="prometheus", uid="$datasource")
NUMBER_HEIGHT, HEIGHT = 4, 8
RANKING_BAR_PIXELS, RANKING_TEXT_PIXELS = 24, 14


GrafanaPanel = stat.Panel | bargauge.Panel | table.Panel | timeseries.Panel


@dataclass(frozen=True)
class Query:
    """PromQL, and what its series are called: a text with {{label}} in it."""

    expression: str
    legend: str


def percentiles(histogram: str, window: str = WINDOW) -> list[Query]:
    """The median of a histogram's observations, and what one in a hundred exceeds."""
    return [Query(quantile(share, histogram, window=window), f"p{100 * share:g}") for share in (0.5, 0.99)]


@dataclass(frozen=True)
class Bound:
    """Where good ends. below: True where less than it is bad, else more is. warning: where yellow begins, or None."""

    at: float
    below: bool = False
    warning: float | None = None

    def steps(self) -> list[models.Threshold]:
        """Grafana's thresholds, from the lowest."""
        colours = [RED, YELLOW, GREEN] if self.below else [GREEN, YELLOW, RED]
        if self.warning is None:
            return [_step(None, colours[0]), _step(self.at, colours[2])]
        return [
            _step(None, colours[0]),
            _step(min(self.at, self.warning), colours[1]),
            _step(max(self.at, self.warning), colours[2]),
        ]


@dataclass(frozen=True)
class Panel:
    """One panel.

    says: what is shown. good: what it looks like where all is well. otherwise: what to do where it doesn't.
    unit: Grafana's name of it. width: of 24 columns. bound: None where no value is bad by itself.
    top: of the axis, None for any. decimals: None for as many as there are.
    """

    title: str
    says: str
    good: str
    otherwise: str
    unit: str
    queries: Sequence[Query]
    look: Look = "lines"
    width: int = 8
    bound: Bound | None = None
    top: float | None = None
    decimals: int | None = None

    @property
    def description(self) -> str:
        """What Grafana shows behind the panel's (i)."""
        return f"{self.says}\n\n**Good:** {self.good}\n\n**Otherwise:** {self.otherwise}"

    @property
    def height(self) -> int:
        """In Grafana's rows."""
        return NUMBER_HEIGHT if self.look == "number" else HEIGHT


@dataclass(frozen=True)
class Row:
    """Panels under a heading, from left to right and on in the next line."""

    title: str
    panels: Sequence[Panel]


def drawn(panel: Panel, number: int) -> GrafanaPanel:
    """The panel as Grafana's, under a number that no other of the dashboard has."""
    builders: dict[Look, Callable[[Panel], GrafanaPanel]] = {"number": _number, "ranking": _ranking, "rows": _rows}
    return builders.get(panel.look, _over_time)(panel).id(number)


def _number(panel: Panel) -> GrafanaPanel:
    shown = (
        stat.Panel()
        .graph_mode(common_models.BigValueGraphMode.AREA)
        .color_mode(
            common_models.BigValueColorMode.NONE if panel.bound is None else common_models.BigValueColorMode.BACKGROUND
        )
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    return _with_all(shown, panel, instant=False)


def _ranking(panel: Panel) -> GrafanaPanel:
    shown = (
        bargauge.Panel()
        .orientation(common_models.VizOrientation.HORIZONTAL)
        .display_mode(common_models.BarGaugeDisplayMode.BASIC)
        .sizing(common_models.BarGaugeSizing.MANUAL)
        .max_viz_height(RANKING_BAR_PIXELS)
        .text(common.VizTextDisplayOptions().title_size(RANKING_TEXT_PIXELS).value_size(RANKING_TEXT_PIXELS))
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .min(0)
    )
    return _with_all(shown, panel, instant=True)


def _rows(panel: Panel) -> GrafanaPanel:
    hidden = {name: True for name in ("Time", "__name__", "Value", "alertstate", "system")}
    shown = (
        table.Panel()
        .show_header(True)
        .with_transformation(models.DataTransformerConfig(id_val="organize", options={"excludeByName": hidden}))
    )
    return _with_all(shown, panel, instant=True)


def _over_time(panel: Panel) -> GrafanaPanel:
    shown = (
        timeseries.Panel()
        .draw_style(common_models.GraphDrawStyle.BARS if panel.look == "bars" else common_models.GraphDrawStyle.LINE)
        .fill_opacity(0 if panel.look == "lines" else 50)
        .line_width(1)
        .show_points(common_models.VisibilityMode.NEVER)
        .axis_soft_min(0)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(common_models.LegendDisplayMode.LIST)
            .placement(common_models.LegendPlacement.BOTTOM)
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(common_models.TooltipDisplayMode.MULTI)
            .sort(common_models.SortOrder.DESCENDING)
        )
    )
    if panel.look != "lines":
        shown.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL))
    if panel.bound is not None:
        line = common.GraphThresholdsStyleConfig().mode(common_models.GraphThresholdsStyleMode.DASHED)
        shown.thresholds_style(line)
    return _with_all(shown, panel, instant=False)


def _with_all(shown: GrafanaPanel, panel: Panel, instant: bool) -> GrafanaPanel:
    of_series = panel.look in ("lines", "stacked", "bars")
    colours = models.FieldColorModeId.PALETTE_CLASSIC if of_series else models.FieldColorModeId.THRESHOLDS
    steps = [_step(None, GREEN)] if panel.bound is None else panel.bound.steps()
    shown.title(panel.title).description(panel.description).unit(panel.unit).datasource(PROMETHEUS)
    shown.span(panel.width).height(panel.height).no_value("no data")
    shown.color_scheme(dashboard.FieldColor().mode(colours))
    shown.thresholds(dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps))
    if panel.top is not None:
        shown.max(panel.top)
    if panel.decimals is not None:
        shown.decimals(panel.decimals)
    for ref_id, query in zip("ABCDEFGHIJ", panel.queries, strict=False):
        target = prometheus.Dataquery().expr(query.expression).legend_format(query.legend).ref_id(ref_id)
        target.datasource(PROMETHEUS)
        if panel.look == "rows":
            target.format(prometheus_models.PromQueryFormat.TABLE)
        shown.with_target(target.instant() if instant else target.range())
    return shown


def _step(value: float | None, colour: str) -> models.Threshold:
    return models.Threshold(value=value, color=colour)
