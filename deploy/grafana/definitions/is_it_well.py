"""Is it well? The three objectives, then rate, errors, duration and lag of the whole."""

from __future__ import annotations

from deploy.grafana.definitions import objectives
from deploy.grafana.definitions.board import Board
from deploy.grafana.definitions.panels import Bound, Panel, Query, Row, percentiles
from deploy.grafana.definitions.promql import (
    API,
    COLLECTOR,
    DELIVERY,
    WORKER,
    or_zero,
    quantile,
    rate,
    total,
)
from deploy.grafana.definitions.rows.service_levels import OBJECTIVES, VERSIONS

_DEAD = rate("leadscore_events_dead_lettered_total")
_CONSUMED = rate("leadscore_events_consumed_total")


_RATE = Row(
    "Rate",
    [
        Panel(
            "How many events are scored?",
            says="Events a second by topic.",
            good="as on other days at this hour.",
            otherwise="see Which source is silent? in Doors and deliveries, then the lag.",
            unit="eps",
            queries=[Query(rate("leadscore_events_consumed_total", "topic"), "{{topic}}")],
            look="stacked",
        ),
        Panel(
            "How many announcements come of it?",
            says="Acknowledged announcements a second by topic.",
            good="in proportion to the events.",
            otherwise=(
                "none while events come: no rule of the model meets them (`streamprocessor model check FILE --live`)."
            ),
            unit="eps",
            queries=[Query(rate("leadscore_announcements_total", "topic"), "{{topic}}")],
            look="stacked",
        ),
        Panel(
            "How many requests does the collector take?",
            says="Requests a second by status.",
            good="nearly all 200.",
            otherwise="4xx are the sender's, 5xx are ours: Doors and deliveries has them by route.",
            unit="reqps",
            queries=[Query(rate("leadscore_collector_requests_total", "status"), "{{status}}")],
            look="stacked",
        ),
    ],
)

_ERRORS = Row(
    "Errors",
    [
        Panel(
            "Which share of events can't be read?",
            says="Records that went to dead-letters, of all that came.",
            good="under 1 %; nearly none.",
            otherwise=(
                "`streamprocessor dead-letters list` says of which topic and why; `dead-letters resend` once it is "
                "mended."
            ),
            unit="percentunit",
            queries=[Query(f"({or_zero(_DEAD, WORKER)}) / ({_CONSUMED} + ({or_zero(_DEAD, WORKER)}))", "dead letters")],
            bound=Bound(objectives.DEAD_LETTER_SHARE),
        ),
        Panel(
            "What fails on our side?",
            says="Failures a second.",
            good="0.",
            otherwise=(
                "entries not kept are lost unless the sender tries again: look at Kafka and at the collector's disk; "
                "for refused produce requests and failed commits look at the brokers."
            ),
            unit="cps",
            queries=[
                Query(or_zero(rate("leadscore_collector_entries_not_kept_total"), COLLECTOR), "entries not kept"),
                Query(
                    or_zero(rate("leadscore_collector_requests_total", "", 'status=~"5.."'), COLLECTOR),
                    "collector answers 5xx",
                ),
                Query(or_zero(rate("leadscore_api_requests_total", "", 'status=~"5.."'), API), "api answers 5xx"),
                Query(rate("leadscore_produce_errors_total"), "refused produce requests"),
                Query(rate("leadscore_commit_failures_total"), "failed commits"),
                Query(rate("leadscore_api_audit_failures_total"), "requests not audited"),
            ],
            bound=Bound(0.001),
        ),
        Panel(
            "Which deliveries fail?",
            says="Attempts a second that failed and are tried again, and deliveries that were given up.",
            good="0.",
            otherwise="Doors and deliveries names the endpoint.",
            unit="cps",
            queries=[
                Query(or_zero(rate("leadscore_webhook_deliveries_total", "", f'result="{result}"'), DELIVERY), result)
                for result in ("failed", "undeliverable")
            ],
            bound=Bound(0.001),
        ),
    ],
)

_DURATION = Row(
    "Duration",
    [
        Panel(
            "How long from event to announcement?",
            says="From an event's arrival in Kafka to its acknowledged announcement.",
            good="p99 under 1 s.",
            otherwise="What takes the time? in Where is it stuck?",
            unit="s",
            queries=[
                Query(quantile(share, "leadscore_event_age_seconds"), f"p{100 * share:g}") for share in (0.5, 0.9, 0.99)
            ],
            width=12,
            bound=Bound(objectives.EVENT_AGE_SECONDS),
        ),
        Panel(
            "How late do scores that fade step?",
            says="From the instant of a step that time makes to its announcement.",
            good="p99 under 5 s.",
            otherwise="the worker has too much to do, or its clock is wrong.",
            unit="s",
            queries=percentiles("leadscore_timer_lateness_seconds"),
            width=12,
            bound=Bound(objectives.TIMER_LATENESS_SECONDS),
        ),
        Panel(
            "How long do webhooks take?",
            says="From an announcement to its delivery, further attempts included.",
            good="p99 under 15 s.",
            otherwise="Doors and deliveries names the endpoint.",
            unit="s",
            queries=percentiles("leadscore_webhook_delivery_age_seconds"),
            bound=Bound(objectives.DELIVERY_AGE_SECONDS),
        ),
        Panel(
            "How fast does the collector answer?",
            says="From the whole request to its answer.",
            good="p99 under 0.1 s.",
            otherwise="Kafka is slow to acknowledge, or the collector has too much to do: start another one.",
            unit="s",
            queries=percentiles("leadscore_collector_request_duration_seconds"),
            bound=Bound(objectives.COLLECTOR_SECONDS),
        ),
        Panel(
            "How fast does the API answer?",
            says="From the whole request to its answer.",
            good="p99 under 1 s.",
            otherwise="see its database, and which route it is in Doors and deliveries.",
            unit="s",
            queries=percentiles("leadscore_api_request_duration_seconds"),
            bound=Bound(objectives.API_SECONDS),
        ),
    ],
)


_LAG = Row(
    "Lag",
    [
        Panel(
            "How far behind is each worker?",
            says="Now less the time of its partition that is furthest behind.",
            good="under 60 s, and not rising.",
            otherwise="start another worker, up to one a partition; one alone: see Where is it stuck?",
            unit="s",
            queries=[Query(total("leadscore_consumer_lag_seconds", "instance", of="max"), "{{instance}}")],
            bound=Bound(objectives.LAG_SECONDS),
        ),
        Panel(
            "How many records wait?",
            says="Records not yet scored, by topic.",
            good="near 0.",
            otherwise="see which topic it is, and who sends it; start another worker, up to one a partition.",
            unit="none",
            queries=[Query(total("leadscore_consumer_lag_records", "topic"), "{{topic}}")],
            look="stacked",
        ),
        Panel(
            "How far behind are the page and the webhooks?",
            says="Records that the api's tables and delivery's view of people have still to read.",
            good="near 0.",
            otherwise="see the api's database, and delivery's log.",
            unit="none",
            queries=[
                Query(total("leadscore_read_model_behind_records", of="max"), "tables of the api"),
                Query(total("leadscore_webhook_people_behind_records", of="max"), "people of delivery"),
            ],
        ),
    ],
)

BOARD = Board(
    "leadscore-well",
    "Is it well?",
    "The objectives, then rate, errors, duration and lag. Green above: go back to sleep.",
    [OBJECTIVES, _RATE, _ERRORS, _DURATION, _LAG, VERSIONS],
)
