"""Doors and deliveries: sources, refusals and spool of the collector; webhooks by endpoint; the api and its tables."""

from __future__ import annotations

from deploy.grafana.definitions import objectives
from deploy.grafana.definitions.board import Board, TextBox
from deploy.grafana.definitions.panels import Bound, Panel, Query, Row
from deploy.grafana.definitions.promql import API, COLLECTOR, WORKER, increase, or_zero, quantile, rate, total

_SOURCE_EVENTS = "leadscore_collector_source_events_total"
_ENDPOINT = "leadscore_webhook_endpoint_deliveries_total"
_NOT_DELIVERED = 'result!="delivered"'

_SOURCES = Row(
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

_REFUSALS = Row(
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
            otherwise="a page tries what only a server may: the README's table of keys has the words.",
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

_COLLECTOR = Row(
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

_WEBHOOKS = Row(
    "Deliveries",
    [
        Panel(
            "Which endpoints fail?",
            says="Share of attempts of the last hour that failed, by subscription.",
            good="0.",
            otherwise=(
                "its answers are in `streamprocessor delivery` and on the page; its owner must mend it before it is "
                "disabled."
            ),
            unit="percentunit",
            queries=[
                Query(
                    f"sort_desc(({increase(_ENDPOINT, '1h', 'subscription', _NOT_DELIVERED)} or "
                    f"0 * {increase(_ENDPOINT, '1h', 'subscription')}) / {increase(_ENDPOINT, '1h', 'subscription')})",
                    "{{subscription}}",
                )
            ],
            look="ranking",
            bound=Bound(objectives.ENDPOINT_FAILED_SHARE, warning=0.01),
            top=1,
        ),
        Panel(
            "How many attempts does each endpoint get?",
            says="Attempts a second, by subscription and what came of them.",
            good="delivered only.",
            otherwise="its owner must mend it.",
            unit="cps",
            queries=[Query(rate(_ENDPOINT, "subscription, result"), "{{subscription}}: {{result}}")],
            look="stacked",
        ),
        Panel(
            "What comes of deliveries?",
            says="Attempts a second, by result.",
            good="delivered.",
            otherwise="undeliverable ones were given up: the page can send them again.",
            unit="cps",
            queries=[Query(rate("leadscore_webhook_deliveries_total", "result"), "{{result}}")],
            look="stacked",
        ),
        Panel(
            "How old are deliveries?",
            says="From announcement to delivery.",
            good="p99 under 15 s.",
            otherwise="see which endpoint fails.",
            unit="s",
            queries=[
                Query(quantile(share, "leadscore_webhook_delivery_age_seconds"), f"p{100 * share:g}")
                for share in (0.5, 0.99)
            ],
            bound=Bound(objectives.DELIVERY_AGE_SECONDS),
        ),
        Panel(
            "How long has the oldest delivery waited?",
            says="0 where none waits.",
            good="under 15 s.",
            otherwise="rising by a second a second: an endpoint does not answer; the others go on.",
            unit="s",
            queries=[Query(total("leadscore_webhook_oldest_waiting_seconds", of="max"), "oldest")],
            bound=Bound(objectives.DELIVERY_WAIT_SECONDS, warning=objectives.DELIVERY_AGE_SECONDS),
        ),
        Panel(
            "How many deliveries wait?",
            says="In memory, waiting or being sent.",
            good="near 0.",
            otherwise="rising: an endpoint is too slow: see which fails.",
            unit="none",
            queries=[Query(total("leadscore_webhook_waiting"), "waiting")],
        ),
        Panel(
            "Is an endpoint disabled?",
            says="Endpoints that answered they are gone, or failed for days.",
            good="0.",
            otherwise="its owner sets it right and turns it on again on the page.",
            unit="none",
            queries=[Query(total("leadscore_webhook_subscriptions_disabled"), "disabled")],
            bound=Bound(1),
            decimals=0,
        ),
        Panel(
            "What does delivery pass over?",
            says="Records a second that are no announcement.",
            good="0.",
            otherwise="something else writes into the topics of ours.",
            unit="recps",
            queries=[Query(rate("leadscore_webhook_skipped_total"), "no announcement")],
            bound=Bound(0.001),
        ),
        Panel(
            "Do deliveries wait for what is known of people?",
            says="p99 of the wait for the contacts' changelog; 0 where no filter or wording asks about people.",
            good="under 1 s.",
            otherwise="see How far behind are the page and the webhooks? in Is it well?, and the brokers.",
            unit="s",
            queries=[
                Query(
                    f"{quantile(0.99, 'leadscore_webhook_people_wait_seconds')} >= 0 or "
                    f"0 * {total('leadscore_webhook_waiting')}",
                    "wait p99",
                )
            ],
            bound=Bound(1.0),
        ),
    ],
)

_API = Row(
    "The api and its tables",
    [
        Panel(
            "Who asks the api for what?",
            says="Requests a second, by route and status.",
            good="2xx and 3xx.",
            otherwise="401 and 403 in number: someone tries tokens: the audit names them; 5xx: see the api's log.",
            unit="reqps",
            queries=[Query(rate("leadscore_api_requests_total", "route, status"), "{{route}} {{status}}")],
            look="stacked",
        ),
        Panel(
            "Which route of the api is slow?",
            says="p99 from the whole request to its answer.",
            good="under 1 s.",
            otherwise="see the database.",
            unit="s",
            queries=[Query(quantile(0.99, "leadscore_api_request_duration_seconds", "route"), "{{route}}")],
            bound=Bound(objectives.API_SECONDS),
        ),
        Panel(
            "Who follows hot leads, and is each request audited?",
            says="Clients that follow the stream of hot leads, and requests a second that the audit could not keep.",
            good="0 of the latter.",
            otherwise="make room on the api's disk.",
            unit="none",
            queries=[
                Query(total("leadscore_api_streams"), "streams"),
                Query(or_zero(rate("leadscore_api_audit_failures_total"), API), "not audited a second"),
            ],
        ),
        Panel(
            "How many records go into the tables?",
            says="Records a second that were projected, by topic.",
            good="as many as are announced.",
            otherwise="see how long it takes to write them.",
            unit="recps",
            queries=[Query(rate("leadscore_read_model_records_total", "topic"), "{{topic}}")],
            look="stacked",
        ),
        Panel(
            "How long does it take to write them?",
            says="From records to a committed transaction.",
            good="p99 under 1 s.",
            otherwise="see the database.",
            unit="s",
            queries=[
                Query(quantile(share, "leadscore_read_model_batch_duration_seconds"), f"p{100 * share:g}")
                for share in (0.5, 0.99)
            ],
            bound=Bound(objectives.API_SECONDS),
        ),
        Panel(
            "How far are the tables behind?",
            says="Records between the tables and Kafka.",
            good="near 0.",
            otherwise="rising: the database is too slow; see how long it takes to write.",
            unit="none",
            queries=[Query(total("leadscore_read_model_behind_records", of="max"), "behind")],
            bound=Bound(objectives.READ_MODEL_BEHIND_RECORDS),
        ),
    ],
)

BOARD = Board(
    "leadscore-doors",
    "Doors and deliveries",
    "What comes in by which door, what is refused, what waits on disk, and what each endpoint gets.",
    [_SOURCES, _REFUSALS, _COLLECTOR, _WEBHOOKS, _API],
    boxes=[TextBox("silence", "Silence", "How long without a record a source is silent, such as 1h", "1h")],
)
