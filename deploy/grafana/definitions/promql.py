"""PromQL as the dashboards ask it: each of our metrics behind the job and instance that are chosen on top.

A counter with labels has no series before it counts for the first time. `or_zero` says 0 in their stead, but only while
a process of that kind is scraped: where none is, nothing is said.
"""

from __future__ import annotations

CHOSEN = 'job=~"$job", instance=~"$instance"'
WINDOW = "$__rate_interval"

WORKER = "leadscore_timers_pending"
COLLECTOR = "leadscore_collector_spool_bytes"
DELIVERY = "leadscore_webhook_waiting"
API = "leadscore_api_streams"


def chosen(metric: str, *matchers: str) -> str:
    """The metric's series of the chosen processes that meet the matchers as well."""
    return f"{metric}{{{', '.join((CHOSEN, *matchers))}}}"


def total(metric: str, by: str = "", *matchers: str, of: str = "sum") -> str:
    """A gauge summed up over all processes, or taken `of` them by max or min; by: labels that stay, with commas."""
    return f"{of}{_by(by)}({chosen(metric, *matchers)})"


def rate(metric: str, by: str = "", *matchers: str, window: str = WINDOW) -> str:
    """How much a counter counts a second."""
    return f"sum{_by(by)}(rate({chosen(metric, *matchers)}[{window}]))"


def increase(metric: str, window: str, by: str = "", *matchers: str) -> str:
    """How much a counter counted in the window, such as 1h."""
    return f"sum{_by(by)}(increase({chosen(metric, *matchers)}[{window}]))"


def quantile(share: float, histogram: str, by: str = "", window: str = WINDOW) -> str:
    """The value of a histogram which this share of its observations do not exceed."""
    labels = "le" if not by else f"le, {by}"
    return f"histogram_quantile({share:g}, sum by ({labels}) (rate({chosen(f'{histogram}_bucket')}[{window}])))"


def share_within(bound: float, histogram: str, window: str) -> str:
    """The share of observations in the window that are at most the bound, which is one of the histogram's buckets."""
    within = increase(f"{histogram}_bucket", window, "", f'le="{bound}"')
    return f"{within} / {increase(f'{histogram}_count', window)}"


def or_zero(expression: str, of: str, label: str = "") -> str:
    """The expression, or 0 where it has no series while processes of this kind (WORKER, COLLECTOR, ...) are scraped.

    label: one that the expression's series have; it is `none` at the 0. Blank: they have none.
    """
    zero = f"0 * sum({chosen(of)})"
    if not label:
        return f"{expression} or {zero}"
    return f'{expression} or label_replace({zero}, "{label}", "none", "", "") unless on () {expression}'


def without_owner() -> str:
    """How many partitions no worker has."""
    owned = f"count({total('leadscore_partition_owned', 'partition', of='max')} == 1)"
    return f"{total('leadscore_partitions', of='max')} - ({owned} or vector(0))"


def _by(labels: str) -> str:
    return f" by ({labels}) " if labels else ""
