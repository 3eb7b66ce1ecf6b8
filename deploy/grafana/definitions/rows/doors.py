"""What comes in: sources, what is refused, how the collector takes it."""

from __future__ import annotations

from deploy.grafana.definitions import objectives
from deploy.grafana.definitions.panels import Bound, Panel, Query, Row
from deploy.grafana.definitions.promql import (
    COLLECTOR,
    WORKER,
    increase,
    or_zero,
    quantile,
    rate,
    total,
)

_SOURCE_EVENTS = "leadscore_collector_source_events_total"

SOURCES = Row(
    "Sources",
    [
        Panel(
            "Which source is silent?",
            says="Records of each source in the time of Silence (on top), the least first.",
            good="none red.",
            otherwise="ask whoever runs it; its key or provider's webhook may have been changed.",
            unit="none",
            queries=[
                Query(
                    f"sort({increase(_SOURCE_EVENTS, '$silence', 'source')} or "
                    f"0 * {increase(_SOURCE_EVENTS, '1d', 'source')})",
                    "{{source}}",
                )
            ],
            look="ranking",
            bound=Bound(1, below=True),
            decimals=0,
        ),
        Panel(
            "How much does each source send?",
            says="Accepted records a second, by the name of the key or the provider.",
            good="as on other days.",
            otherwise="ask whoever runs it.",
            unit="recps",
            queries=[Query(rate(_SOURCE_EVENTS, "source"), "{{source}}")],
            look="stacked",
        ),
        Panel(
            "Into which topics do they go?",
            says="Records a second that are safe, by topic.",
            good="as on other days.",
            otherwise="one is missing: see which source is silent.",
            unit="recps",
            queries=[Query(rate("leadscore_collector_entries_accepted_total", "topic"), "{{topic}}")],
            look="stacked",
        ),
    ],
)

REFUSALS = Row(
    "Refusals",
    [
        Panel(
            "What is refused, and why?",
            says="Items a second that were not taken, by reason.",
            good="0, or a few.",
            otherwise="the answer named each to its sender: see who sends it.",
            unit="cps",
            queries=[
                Query(
                    or_zero(rate("leadscore_collector_items_rejected_total", "reason"), COLLECTOR, "reason"),
                    "{{reason}}",
                )
            ],
            look="stacked",
        ),
        Panel(
            "Which key tries what it may not?",
            says="Records a second that their key may not send, by door, kind of key and act.",
            good="0.",
            otherwise="a page tries what only a server may: the collector's guide says what each key may say.",
            unit="cps",
            queries=[
                Query(
                    or_zero(rate("leadscore_collector_forbidden_total", "door, key, act"), COLLECTOR, "door"),
                    "{{door}} {{key}}: {{act}}",
                )
            ],
            look="stacked",
        ),
        Panel(
            "Which requests are not answered with 2xx?",
            says="Requests a second, by route and status.",
            good="none, but for redirects of links.",
            otherwise="401: a wrong key; 413 and 429: too much; 503: neither Kafka nor the disk takes it.",
            unit="reqps",
            queries=[
                Query(
                    or_zero(
                        rate("leadscore_collector_requests_total", "route, status", 'status!~"2.."'), COLLECTOR, "route"
                    ),
                    "{{route}} {{status}}",
                )
            ],
            look="stacked",
        ),
        Panel(
            "What could be read in a second try?",
            says="Texts and records a second that were mended, by reason.",
            good="0.",
            otherwise="tell the sender, who writes wrong JSON.",
            unit="cps",
            queries=[
                Query(
                    or_zero(rate("leadscore_collector_json_mended_total", "reason"), COLLECTOR, "reason"),
                    "JSON: {{reason}}",
                ),
                Query(or_zero(rate("leadscore_events_mended_total", "reason"), WORKER, "reason"), "record: {{reason}}"),
            ],
        ),
        Panel(
            "Who sends ids that stand for nobody?",
            says="Ids a second such as `undefined` or `{{user.id}}`, of what was taken under another id, by route.",
            good="0.",
            otherwise="a template of the site or the mail is not filled in.",
            unit="cps",
            queries=[
                Query(
                    or_zero(rate("leadscore_collector_placeholder_ids_total", "route"), COLLECTOR, "route"), "{{route}}"
                )
            ],
        ),
        Panel(
            "What goes to dead-letters?",
            says="Records a second that could not be used, by topic and reason.",
            good="0.",
            otherwise="`streamprocessor dead-letters list`, `show`, and `resend` once it is mended.",
            unit="recps",
            queries=[
                Query(
                    or_zero(rate("leadscore_events_dead_lettered_total", "topic, reason"), WORKER, "topic"),
                    "{{topic}}: {{reason}}",
                )
            ],
            look="stacked",
        ),
    ],
)

COLLECTOR_ROW = Row(
    "Collector",
    [
        Panel(
            "How fast is each route?",
            says="p99 from the whole request to its answer.",
            good="under 0.1 s.",
            otherwise="all slow: Kafka is slow to acknowledge; one alone: see what its sender puts into one request.",
            unit="s",
            queries=[Query(quantile(0.99, "leadscore_collector_request_duration_seconds", "route"), "{{route}}")],
            width=6,
            bound=Bound(objectives.COLLECTOR_SECONDS),
        ),
        Panel(
            "Spool: how much waits on disk?",
            says="Bytes that are not in Kafka yet, and those that could not be read since the start.",
            good="0 of both.",
            otherwise="waiting: see the brokers; damaged: the disk failed: see the log.",
            unit="bytes",
            queries=[
                Query(total("leadscore_collector_spool_bytes", "instance"), "waiting {{instance}}"),
                Query(total("leadscore_collector_spool_damaged_bytes", "instance"), "damaged {{instance}}"),
            ],
            width=6,
        ),
        Panel(
            "Spool: how old is the oldest entry?",
            says="Seconds since the oldest entry on disk was taken.",
            good="0.",
            otherwise="Kafka does not take entries; nothing is lost while the disk has room.",
            unit="s",
            queries=[Query(total("leadscore_collector_spool_age_seconds", "instance", of="max"), "{{instance}}")],
            width=6,
            bound=Bound(objectives.SPOOL_AGE_SECONDS),
        ),
        Panel(
            "Was anything not kept?",
            says="Records a second that were neither in Kafka nor on disk: their senders got 503.",
            good="0.",
            otherwise="make room on the collector's disk, bring Kafka back; SDKs send again, pages may not.",
            unit="recps",
            queries=[
                Query(
                    or_zero(rate("leadscore_collector_entries_not_kept_total", "route"), COLLECTOR, "route"),
                    "{{route}}",
                )
            ],
            width=6,
            bound=Bound(0.001),
        ),
    ],
)
