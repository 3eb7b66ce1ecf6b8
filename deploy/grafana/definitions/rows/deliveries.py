"""What goes out: webhooks by endpoint, the api and its tables."""

from __future__ import annotations

from deploy.grafana.definitions import objectives
from deploy.grafana.definitions.panels import Bound, Panel, Query, Row, percentiles
from deploy.grafana.definitions.promql import (
    API,
    increase,
    or_zero,
    quantile,
    rate,
    total,
)

_ENDPOINT = "leadscore_webhook_endpoint_deliveries_total"
_NOT_DELIVERED = 'result!="delivered"'

WEBHOOKS = Row(
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
            queries=percentiles("leadscore_webhook_delivery_age_seconds"),
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

API_ROW = Row(
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
            queries=percentiles("leadscore_read_model_batch_duration_seconds"),
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
