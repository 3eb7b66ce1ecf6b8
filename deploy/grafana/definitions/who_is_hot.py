"""Who is hot? Hot leads against what sales can take, how contacts move between stages, why, and whether it drifts."""

from __future__ import annotations

from deploy.grafana.definitions import objectives
from deploy.grafana.definitions.board import Board, TextBox
from deploy.grafana.definitions.panels import Bound, Panel, Query, Row
from deploy.grafana.definitions.promql import WORKER, increase, or_zero, rate, total

_HOT_LEADS, _SCORES, _BY_EVENTS = 'topic="became-hot-lead"', 'topic="score-updated"', 'cause="event"'
_HOT = total("leadscore_hot_contacts")
_CONTACTS = total("leadscore_table_contacts")
_SHARE = f"({_HOT} / ({_CONTACTS} > 0))"  # a share of nobody is no number, and neither is any mean with it
_EITHER_STAGE = total("leadscore_shadow_contacts", "score")
_SAME_STAGE = total("leadscore_shadow_contacts", "score", 'stage="same"')
_A_DAY = increase("leadscore_announcements_total", "1d", "", _HOT_LEADS)

_NOW = Row(
    "Now",
    [
        Panel(
            "How many contacts are hot?",
            says="Contacts in the hot stage or above, by score.",
            good="about as many as on other days.",
            otherwise="see Drift below.",
            unit="none",
            queries=[Query(total("leadscore_hot_contacts", "score"), "{{score}}")],
            look="number",
            width=6,
        ),
        Panel(
            "Which share of contacts is hot?",
            says="Hot ones of all contacts in the table.",
            good="a few percent.",
            otherwise="much more: the model's bounds are too low, or a source sends what is no interest.",
            unit="percentunit",
            queries=[Query(_SHARE, "hot")],
            look="number",
            width=6,
            decimals=2,
        ),
        Panel(
            "How many hot leads came in a day?",
            says="Announced hot leads of the last 24 hours.",
            good="as on other days.",
            otherwise="none: see Which stages do contacts enter?, and which events come.",
            unit="none",
            queries=[Query(or_zero(_A_DAY, WORKER), "hot leads")],
            look="number",
            width=6,
            decimals=0,
        ),
        Panel(
            "How much of the capacity is that?",
            says="Hot leads of the last 24 hours, of what sales can take a day (Capacity, on top).",
            good="under 80 %.",
            otherwise="raise the bound of the hot stage, or see below what is behind it.",
            unit="percentunit",
            queries=[Query(f"({or_zero(_A_DAY, WORKER)}) / $capacity", "of the capacity")],
            look="number",
            width=6,
            bound=Bound(1.0, warning=0.8),
        ),
    ],
)

_LEADS = Row(
    "Hot leads",
    [
        Panel(
            "Hot leads in 24 hours, against what sales can take",
            says="Capacity is set on top: the leads a day that are really called.",
            good="below the capacity.",
            otherwise="leads wait and cool off: raise the bound of the hot stage.",
            unit="none",
            queries=[Query(or_zero(_A_DAY, WORKER), "hot leads"), Query("vector($capacity)", "capacity")],
            width=12,
            decimals=0,
        ),
        Panel(
            "Hot leads an hour, by cause",
            says="Of an event, of time, of a model that was applied, of a contact's update.",
            good="mostly events.",
            otherwise="a peak by the model is the change of the model itself; tell sales.",
            unit="none",
            queries=[
                Query(
                    or_zero(increase("leadscore_announcements_total", "1h", "cause", _HOT_LEADS), WORKER, "cause"),
                    "{{cause}}",
                )
            ],
            look="bars",
            width=12,
        ),
    ],
)

_FLOW = Row(
    "Stages",
    [
        Panel(
            "Which stages do contacts enter?",
            says="Announced changes of stage in an hour, by score and the stage that is entered.",
            good="as many down as up, over a week.",
            otherwise="only up: scores do not fade: give the model's rules a half-life.",
            unit="none",
            queries=[Query(increase("leadscore_stage_transitions_total", "1h", "score, to"), "{{score}}: {{to}}")],
            look="bars",
            width=12,
        ),
        Panel(
            "How many contacts stand in each stage?",
            says="By score and stage, of the api's tables.",
            good="a pyramid, with the hot ones on its top.",
            otherwise=(
                "too many on top: raise the stage's bound (`streamprocessor model check FILE --live` says how many it"
                " would leave)."
            ),
            unit="none",
            queries=[Query(total("leadscore_read_model_contacts", "score, stage", of="max"), "{{score}}: {{stage}}")],
            look="ranking",
            width=12,
        ),
    ],
)

_CAUSES = Row(
    "Causes",
    [
        Panel(
            "Why are scores announced?",
            says="Announcements a second, by cause.",
            good="mostly events and time.",
            otherwise="others come of a model that was applied or of contacts' updates, and pass.",
            unit="mps",
            queries=[Query(rate("leadscore_announcements_total", "cause"), "{{cause}}")],
            look="stacked",
        ),
        Panel(
            "What do contacts do?",
            says="Scored events a second, by type: the ten most frequent.",
            good="types that the model's rules name.",
            otherwise="`streamprocessor catalogue` says which no rule asks for.",
            unit="eps",
            queries=[Query(f"topk(10, {rate('leadscore_events_consumed_total', 'type')})", "{{type}}")],
        ),
        Panel(
            "What is not scored, and why?",
            says="Records a second that were read and not scored, by reason.",
            good="duplicates and the like, in small measure.",
            otherwise=(
                "`streamprocessor explain` names the reason at a contact; many duplicates for long: a sender repeats "
                "itself."
            ),
            unit="recps",
            queries=[Query(or_zero(rate("leadscore_events_skipped_total", "reason"), WORKER, "reason"), "{{reason}}")],
            look="stacked",
        ),
    ],
)

_DRIFT = Row(
    "Drift",
    [
        Panel(
            "Does the share of hot contacts drift?",
            says="The share now, as a multiple of its mean over Baseline (on top).",
            good="between 0.5 and 2.",
            otherwise="a source or a campaign changed, or the model did: see the blue marks.",
            unit="none",
            queries=[Query(f"{_SHARE} / avg_over_time({_SHARE}[$baseline:1m])", "of its mean")],
            bound=Bound(2.0, warning=1.5),
            decimals=2,
        ),
        Panel(
            "Does the rate of hot leads drift?",
            says="Hot leads of the last hour, as a multiple of an hour's mean over Baseline.",
            good="between 0.5 and 2, but for night and day.",
            otherwise="see by which cause.",
            unit="none",
            queries=[
                Query(
                    f"{rate('leadscore_announcements_total', '', _HOT_LEADS, window='1h')} / "
                    f"{rate('leadscore_announcements_total', '', _HOT_LEADS, window='$baseline')}",
                    "of its mean",
                )
            ],
            bound=Bound(2.0, warning=1.5),
            decimals=2,
        ),
        Panel(
            "How many announcements does an event make?",
            says="Scores that events have changed, for each scored event.",
            good="steady over weeks.",
            otherwise=(
                "a jump: a rule asks for other events than before, or a source sends others: `streamprocessor "
                "catalogue`."
            ),
            unit="none",
            queries=[
                Query(
                    f"{rate('leadscore_announcements_total', '', _SCORES, _BY_EVENTS)} / "
                    f"{rate('leadscore_events_consumed_total')}",
                    "announcements an event",
                )
            ],
            decimals=2,
        ),
        Panel(
            "How many contacts are there?",
            says="Contacts in the table, and those whose score will step by time.",
            good="grows slowly.",
            otherwise="a jump: a source makes up ids: see Doors and deliveries.",
            unit="none",
            queries=[Query(_CONTACTS, "contacts"), Query(total("leadscore_timers_pending"), "with a timer")],
        ),
        Panel(
            "What do the caps drop?",
            says="Evidence folded early, values of `by` scores dropped, matches and scores cut, a second.",
            good="0, or a few of robots.",
            otherwise="a contact that is many people, or a `by` with too many values.",
            unit="cps",
            queries=[
                Query(rate("leadscore_evidence_capped_total"), "evidence"),
                Query(rate("leadscore_values_forgotten_total"), "values of by"),
                Query(or_zero(rate("leadscore_values_cut_total"), WORKER), "cut"),
            ],
        ),
        Panel(
            "Do contacts claim each other's address?",
            says="Known contacts that claim a mail address which another one has, a second.",
            good="0 or few.",
            otherwise="the page lists them; merge those that are one person.",
            unit="cps",
            queries=[Query(rate("leadscore_identity_conflicts_total"), "conflicts")],
        ),
    ],
)

_CANDIDATE = Row(
    "The candidate",
    [
        Panel(
            "On how many contacts do the models agree?",
            says="Contacts that the model in force and the candidate put in the same stage, of each score; a candidate "
            "runs where `streamprocessor shadow` does.",
            good="as many as the change is meant to leave where they are.",
            otherwise="`streamprocessor shadow --show` names the pairs of stages, and who is hot by one model alone.",
            unit="percentunit",
            queries=[Query(f"{_SAME_STAGE} / ({_EITHER_STAGE} > 0)", "{{score}}")],
            width=6,
            bound=Bound(0.5, below=True, warning=0.8),
        ),
        Panel(
            "Who becomes hot by one model alone?",
            says="Contacts that are hot now by one of both models, and hot leads of each since the candidate began.",
            good="few by the model in force alone: those would be lost.",
            otherwise="`streamprocessor shadow --show` names them.",
            unit="none",
            queries=[
                Query(total("leadscore_shadow_hot_alone_contacts", "side"), "hot, {{side}} alone"),
                Query(total("leadscore_shadow_hot_leads", "side"), "hot leads, {{side}}"),
            ],
            width=6,
        ),
        Panel(
            "Does the candidate keep up?",
            says="How long records have waited for the candidate.",
            good="some seconds.",
            otherwise="more workers of the shadow: `streamprocessor worker --app-id APP_ID.shadow`.",
            unit="s",
            queries=[Query(total("leadscore_shadow_lag_seconds", of="max"), "oldest")],
            width=6,
            bound=Bound(objectives.LAG_SECONDS),
        ),
        Panel(
            "How much waits for the candidate?",
            says="Records that came and that the candidate has not scored.",
            good="falls to next to nothing after a start.",
            otherwise="as for the one beside.",
            unit="none",
            queries=[Query(total("leadscore_shadow_lag_records", of="max"), "records")],
            width=6,
        ),
    ],
)

BOARD = Board(
    "leadscore-hot",
    "Who is hot?",
    "Hot leads against what sales can take, the flow through the stages, its causes, and whether it drifts.",
    [_NOW, _LEADS, _FLOW, _CAUSES, _DRIFT, _CANDIDATE],
    span="24h",
    boxes=[
        TextBox("capacity", "Capacity", "Hot leads a day that sales can take", "50"),
        TextBox("baseline", "Baseline", "What drift is measured against, such as 7d", "7d"),
    ],
)
