"""The three objectives, what fires and what runs."""

from __future__ import annotations

from deploy.grafana.definitions import objectives
from deploy.grafana.definitions.panels import Bound, Panel, Query, Row
from deploy.grafana.definitions.promql import (
    COLLECTOR,
    chosen,
    increase,
    or_zero,
    share_within,
    total,
    without_owner,
)

_UNANSWERED = increase("leadscore_collector_requests_total", "1h", "", 'status=~"5.."')
_REQUESTS = increase("leadscore_collector_requests_total", "1h")
_ALERTS = 'ALERTS{system="streamprocessor", alertstate="firing"'
_FIRING, _WATCHDOG = f'{_ALERTS}, alertname!="Watchdog"}}', f'{_ALERTS}, alertname="Watchdog"}}'

OBJECTIVES = Row(
    "The objectives, over the last hour",
    [
        Panel(
            "Are events announced within 1 s?",
            says="Share of events that were announced within 1 s of their arrival, over the last hour.",
            good="99 % or more.",
            otherwise="Event to announcement below says since when, Where is it stuck? says where.",
            unit="percentunit",
            queries=[
                Query(share_within(objectives.EVENT_AGE_SECONDS, "leadscore_event_age_seconds", "1h"), "within 1 s")
            ],
            look="number",
            width=8,
            bound=Bound(objectives.EVENT_AGE_SHARE, below=True, warning=0.995),
            decimals=2,
        ),
        Panel(
            "Does the collector answer?",
            says="Share of requests that were not answered with 5xx, over the last hour.",
            good="99.9 % or more.",
            otherwise=(
                "Doors and deliveries shows which route; a 503 means neither Kafka nor the disk took the events."
            ),
            unit="percentunit",
            queries=[Query(f"1 - ({or_zero(_UNANSWERED, COLLECTOR)}) / {_REQUESTS}", "answered")],
            look="number",
            width=8,
            bound=Bound(objectives.COLLECTOR_SHARE, below=True, warning=0.9995),
            decimals=2,
        ),
        Panel(
            "Do webhooks arrive within 15 s?",
            says="Share of deliveries that came within 15 s of their announcement, over the last hour.",
            good="99 % or more.",
            otherwise="Doors and deliveries shows which endpoint is slow or refuses.",
            unit="percentunit",
            queries=[
                Query(
                    share_within(objectives.DELIVERY_AGE_SECONDS, "leadscore_webhook_delivery_age_seconds", "1h"),
                    "within 15 s",
                )
            ],
            look="number",
            width=8,
            bound=Bound(objectives.DELIVERY_AGE_SHARE, below=True, warning=0.995),
            decimals=2,
        ),
        Panel(
            "Processes down",
            says="Scraped processes that do not answer.",
            good="0.",
            otherwise="look at their logs and start them; the alert names them.",
            unit="none",
            queries=[Query('count(up{job=~"$job"} == 0) or 0 * count(up{job=~"$job"})', "down")],
            look="number",
            width=6,
            bound=Bound(1),
        ),
        Panel(
            "Partitions without an owner",
            says="Partitions that no worker scores.",
            good="0; some seconds of a rebalance are no harm.",
            otherwise="start workers, or see Where is it stuck? for recoveries and rebalances.",
            unit="none",
            queries=[Query(without_owner(), "without owner")],
            look="number",
            width=6,
            bound=Bound(1),
        ),
        Panel(
            "Alerts",
            says="Alerts that fire, of the rules in deploy/prometheus; no data: Prometheus has not loaded them.",
            good="0.",
            otherwise="see Which alerts fire?; the runbook, deploy/README.md, says of each what to do.",
            unit="none",
            queries=[Query(f"count({_FIRING}) or 0 * count({_WATCHDOG})", "firing")],
            look="number",
            width=6,
            bound=Bound(1),
        ),
        Panel(
            "How far behind?",
            says="How far the partition that is furthest behind is behind now.",
            good="under 60 s; a peak after a start or a rebalance falls by itself.",
            otherwise="Where is it stuck?",
            unit="s",
            queries=[Query(total("leadscore_consumer_lag_seconds", of="max"), "worst partition")],
            look="number",
            width=6,
            bound=Bound(objectives.LAG_SECONDS, warning=10),
        ),
    ],
)

VERSIONS = Row(
    "What runs, what fires",
    [
        Panel(
            "Which alerts fire?",
            says="Alerts that fire now. Watchdog always does: it shows that the rules are loaded.",
            good="Watchdog alone.",
            otherwise="the runbook, deploy/README.md, says of each what it means, where to look and what to do.",
            unit="none",
            queries=[Query(_ALERTS + "}", "")],
            look="rows",
            width=12,
        ),
        Panel(
            "Which model and version run?",
            says="Each worker's version, model and revision.",
            good="the same on all, but for seconds while a model is taken up, or an upgrade rolls.",
            otherwise="restart the worker that stayed behind; its log says why.",
            unit="none",
            queries=[Query(chosen("leadscore_build_info"), "")],
            look="rows",
            width=12,
        ),
    ],
)
