"""Each example model says what its vendor's published example says, and scores the public data as the oracle does.

The numbers of an example are the vendor's, as the test's name and comment tell, unless they are the file's own.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from streamprocessor.contract.model_file.read_model import read_model
from streamprocessor.imports.rows import BadRow, ImportRow
from streamprocessor.offline.score_file import read_facts, score_offline
from streamprocessor.scoring.model.model import NANO, Model
from streamprocessor.scoring.record.facts import Fact
from streamprocessor.scoring.scorer import Scorer
from tests.harness.public_data import AFTER_THE_LOG_MS, AFTER_THE_MAILS_MS, DATA, ROOT, all_mails, facts_of, read_log
from tests.scoring.oracle.evidence import by_occurrence, plain, until
from tests.scoring.oracle.rules import in_fifty_digits
from tests.scoring.oracle.scores import Answer, score_at
from tests.scoring.oracle.stages import Shown, show

MODELS = ROOT / "deploy" / "models"
NAMES = sorted(path.stem for path in MODELS.glob("*.yaml"))
#: Three that have little in common score a third of the people of the public data in each run; all score all at night.
IN_EACH_RUN = ("hubspot-style", "product-interest", "rfm")
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
DAY_MS = 86_400_000


# ---- a life, told line by line ---------------------------------------------------------------------------------


def did(event_type: str, day: float = 0, times: int = 1, **properties: Any) -> list[bytes]:
    at_ms = START_MS + round(day * DAY_MS)
    event = {"contact_id": "c-1", "type": event_type, "occurred_at": at_ms}
    acts = [properties | ({"fields": {"n": n}} if event_type == "form_submission" else {}) for n in range(times)]
    return [
        json.dumps(event | {"id": f"{event_type}-{day}-{properties}-{n}", "properties": act}).encode()
        for n, act in enumerate(acts)
    ]


def is_a(**attributes: Any) -> list[bytes]:
    update = {"contact_id": "c-1", "update": "attributes", "attributes": attributes, "occurred_at": START_MS}
    return [json.dumps(update).encode()]


def refuse(bad: BadRow) -> None:
    pytest.fail(f"line {bad.line}: {bad.reason}: {bad.detail}")


def scores(model: str, day: float, *histories: list[bytes]) -> dict[str, Any]:
    """All scores of one contact who lived all these, so many days after the start."""
    facts = read_facts([line for history in histories for line in history], refuse)
    (answer,) = score_offline(read_model(MODELS / f"{model}.yaml"), facts, START_MS + round(day * DAY_MS))
    answered: dict[str, Any] = answer["scores"]
    return answered


def seen(model: str, score: str, day: float, *histories: list[bytes]) -> tuple[float, str]:
    answered = scores(model, day, *histories)[score]
    return answered["score"], answered["stage"]


# ---- the engagement table (guides for small businesses: bands 0-15, 16-40, 41 and more) ------------------------


def test_of_the_engagement_table_a_click_a_look_at_prices_and_a_form_are_forty_and_one_open_more_is_hot() -> None:
    history = did("email_click", url="/a") + did("page_visit", path="/pricing") + did("form_submission", form="contact")

    assert seen("engagement", "engagement", 0, history) == (40, "warm")
    assert seen("engagement", "engagement", 0, history, did("email_open", message="m")) == (41, "hot")


@pytest.mark.parametrize(
    ("history", "day", "points"),
    [
        (did("email_open"), 0, 1),
        (did("email_click"), 0, 5),
        (did("page_visit", path="/"), 0, 2),
        (did("page_visit", path="/pricing"), 0, 10),
        (did("download"), 0, 8),
        (did("form_submission", form="contact"), 0, 25),
        (did("unsubscribe"), 0, -50),
        (did("download"), 29.99, 8),
        (did("download"), 30, 8 - 5),
        (did("email_open") + did("download", 59), 59.99, 9),
        (did("email_open") + did("download", 59), 60, 9 - 10),
    ],
)
def test_the_engagement_table_gives_these_points(history: list[bytes], day: float, points: int) -> None:
    assert scores("engagement", day, history)["engagement"]["score"] == points


# ---- HubSpot (understand the lead scoring tool: 10 points, 50 % a month) ---------------------------------------


@pytest.mark.parametrize(("day", "points"), [(0, 10), (15, 7.5), (30, 5), (45, 2.5), (60, 0), (90, 0)])
def test_of_ten_points_hubspot_s_half_a_month_leaves_five_after_a_month_and_none_after_two(
    day: float, points: float
) -> None:
    assert scores("hubspot-style", day, did("email_click"))["engagement"]["unrounded"] == points


def test_a_group_gives_no_more_than_its_limit_and_the_score_no_more_than_its_own() -> None:
    many = did("email_click", times=9)

    assert seen("hubspot-style", "engagement", 0, many) == (30, "2")
    assert seen("hubspot-style", "engagement", 0, many, did("form_submission", times=9), did("page_visit", times=99))[
        0
    ] == (100)


GOOD_FIT = is_a(seniority="director", industry="software", employees=200)


@pytest.mark.parametrize(
    ("histories", "total", "label"),
    [
        ([did("email_open")], 2, "C3"),
        ([is_a(seniority="owner"), did("email_click", times=3)], 70, "B2"),
        ([GOOD_FIT, did("form_submission", form="demo"), did("email_click")], 160, "A1"),
        ([GOOD_FIT], 100, "A3"),
        ([is_a(job_title="Student"), did("form_submission", form="demo")], 0, "C2"),
    ],
)
def test_fit_and_engagement_make_a_total_and_a_label_from_a1_to_c3(
    histories: list[list[bytes]], total: int, label: str
) -> None:
    answered = scores("hubspot-style", 0, *histories)

    assert (answered["total"]["score"], answered["label"]["stage"]) == (total, label)


def test_fit_never_decays() -> None:
    later = scores("hubspot-style", 365, GOOD_FIT, did("email_click"))

    assert (later["fit"]["score"], later["engagement"]["score"], later["label"]["stage"]) == (100, 0, "A3")


# ---- Ontraport (lead scoring: 2 % a day; explicit information is not degraded) ---------------------------------

A_HUNDRED_POINTS = did("purchase", times=2)


@pytest.mark.parametrize(
    ("day", "shown", "unrounded"), [(0, 100, 100), (0.99, 100, 100), (1, 98, 98), (30, 55, 54.548432)]
)
def test_ontraport_s_hundred_points_are_98_after_a_day_and_54_5_after_thirty(
    day: float, shown: int, unrounded: float
) -> None:
    lead = scores("ontraport-style", day, A_HUNDRED_POINTS)["lead"]

    assert lead["score"] == shown
    assert lead["unrounded"] == pytest.approx(unrounded, abs=1e-6)


def test_what_contacts_say_of_themselves_is_not_degraded() -> None:
    ceo = is_a(job_title="CEO and founder", budget=10_000)

    assert seen("ontraport-style", "lead", 0, ceo, A_HUNDRED_POINTS) == (135, "hot")
    assert seen("ontraport-style", "lead", 3650, ceo, A_HUNDRED_POINTS) == (35, "warm")


# ---- Breadcrumbs (configure your activity model: weight 40 %, 15 % each 45 days, frequency up to 5) ------------


@pytest.mark.parametrize(
    ("visits", "day", "points"), [(5, 0, 40), (5, 44.99, 40), (5, 45, 34), (5, 90, 28), (9, 90, 28), (2, 0, 16)]
)
def test_breadcrumbs_five_visits_are_40_and_lose_15_percent_of_it_each_45_days(
    visits: int, day: float, points: int
) -> None:
    assert scores("breadcrumbs-style", day, did("page_visit", times=visits))["activity"]["score"] == points


@pytest.mark.parametrize(("logins", "points"), [(1, 0), (2, 4), (3, 6), (5, 10), (8, 10)])
def test_below_the_minimum_frequency_a_category_gives_nothing_and_from_the_maximum_on_its_weight(
    logins: int, points: int
) -> None:
    history = did("login", times=logins)

    assert scores("breadcrumbs-style", 29.99, history)["activity"]["score"] == points
    assert scores("breadcrumbs-style", 30, history)["activity"]["score"] == 0


@pytest.mark.parametrize(
    ("histories", "grade"),
    [
        ([did("login")], "D4"),
        ([is_a(industry="software", employees=50, department="sales"), did("page_visit")], "A4"),
        ([did("page_visit", times=5), did("form_submission"), did("email_click", times=2)], "D1"),
        ([is_a(industry="software", employees=50), did("page_visit", times=5), did("email_click")], "A2"),
        ([is_a(employees=50), did("page_visit", times=4)], "C3"),
    ],
)
def test_fit_by_activity_gives_a1_to_d4(histories: list[list[bytes]], grade: str) -> None:
    assert scores("breadcrumbs-style", 0, *histories)["grade"]["stage"] == grade


# ---- MadKudu (how the likelihood to buy is calculated: 9 points, 90 days) --------------------------------------


@pytest.mark.parametrize(("day", "points"), [(0, 9), (3, 8.7), (45, 4.5), (89, 0.1), (90, 0)])
def test_madkudu_s_nine_points_are_8_7_after_three_days_and_nothing_after_ninety(day: float, points: float) -> None:
    history = did("page_visit", path="/pricing")
    of_the_visit_itself = max(0, 1 - day / 14)

    answered = scores("madkudu-style", day, history)["likelihood-to-buy"]["unrounded"]

    assert answered - of_the_visit_itself == pytest.approx(points, abs=1e-8)


def test_likelihood_to_buy_ends_at_a_hundred() -> None:
    history = did("form_submission", form="demo", times=2) + did("trial_started")

    assert seen("madkudu-style", "likelihood-to-buy", 0, history) == (100, "very-high")
    assert seen("madkudu-style", "likelihood-to-buy", 45, history) == (55, "high")


# ---- Eloqua (configuring engagement criteria: 100, 75, 50 of a weight of 35 % within 7, 14, 30 days) -----------


@pytest.mark.parametrize(
    ("day", "points"), [(0, 35), (6.99, 35), (7, 26.25), (13.99, 26.25), (14, 17.5), (29.99, 17.5), (30, 0)]
)
def test_eloqua_s_form_gives_its_weight_in_the_week_three_quarters_in_two_and_half_in_the_month(
    day: float, points: float
) -> None:
    assert scores("eloqua-style", day, did("form_submission"))["engagement"]["score"] == points


@pytest.mark.parametrize(("clicks", "day", "points"), [(1, 0, 12.5), (3, 0, 25), (3, 7, 12.5), (9, 0, 25), (3, 30, 0)])
def test_of_two_rows_the_better_one_counts(clicks: int, day: float, points: float) -> None:
    assert scores("eloqua-style", day, did("email_click", times=clicks))["engagement"]["score"] == points


@pytest.mark.parametrize(
    ("histories", "rating"),
    [
        ([did("login")], "D4"),
        ([is_a(job_title="CMO", industry="software"), did("form_submission"), did("email_click", times=3)], "A2"),
        ([is_a(job_title="CMO"), did("form_submission"), did("email_open"), did("page_visit", times=10)], "C1"),
        ([is_a(job_title="CEO", annual_revenue=10_000_000), did("form_submission")], "B3"),
    ],
)
def test_profile_by_engagement_gives_a1_to_d4(histories: list[list[bytes]], rating: str) -> None:
    assert scores("eloqua-style", 0, *histories)["rating"]["stage"] == rating


# ---- ActiveCampaign (contact scores: 10 points that expire after 30 days) --------------------------------------


@pytest.mark.parametrize(("day", "points"), [(0, 10), (29, 10), (29.99, 10), (30, 0), (31, 0)])
def test_activecampaign_s_ten_points_are_there_on_day_29_and_gone_on_day_31(day: float, points: int) -> None:
    assert scores("activecampaign-style", day, did("email_click"))["contact-score"]["score"] == points


def test_a_static_score_is_given_once_and_not_again_when_it_has_expired() -> None:
    forms = did("form_submission") + did("form_submission", 40)

    assert scores("activecampaign-style", 29, forms)["contact-score"]["score"] == 10
    assert scores("activecampaign-style", 41, forms)["contact-score"]["score"] == 0


def test_a_dynamic_score_is_given_each_time() -> None:
    assert seen("activecampaign-style", "contact-score", 1, did("email_click", times=3)) == (30, "hot")


# ---- Marketo (the community's campaigns; engagement scores: 75.89999 is shown as 76) ---------------------------


@pytest.mark.parametrize(("day", "points"), [(0, 2), (59.99, 2), (60, -8), (120, -18), (180, -30), (999, -30)])
def test_marketo_s_click_is_taken_back_after_180_days_and_each_60_days_of_silence_cost_ten(
    day: float, points: int
) -> None:
    assert scores("marketo-style", day, did("email_click"))["behaviour"]["score"] == points


def test_who_comes_back_is_not_hidden_below_zero() -> None:
    assert scores("marketo-style", 200, did("email_click"), did("page_visit", 200))["behaviour"]["score"] == 1


@pytest.mark.parametrize(("videos", "points"), [(3, 12), (4, 16), (5, 20), (6, 20), (50, 20)])
def test_a_part_that_is_below_16_gains_four_and_stays_at_20(videos: int, points: int) -> None:
    assert scores("marketo-style", 0, did("video_watched", times=videos))["behaviour"]["score"] == points


def test_the_engagement_score_counts_20_of_a_kind_a_day_over_30_days_and_is_shown_rounded() -> None:
    history = did("form_submission", times=15) + did("email_open", times=3)

    engagement = scores("marketo-style", 29, history)["engagement"]

    assert (engagement["unrounded"], engagement["score"]) == (75.9, 76)
    assert scores("marketo-style", 30, history)["engagement"]["score"] == 0
    assert scores("marketo-style", 0, did("form_submission", times=25))["engagement"]["score"] == 20 * 5


def test_the_lead_score_is_always_the_sum_of_behaviour_and_demographics() -> None:
    answered = scores("marketo-style", 61, is_a(job_title="VP Sales", employees=500), did("form_submission", times=2))

    assert (answered["behaviour"]["score"], answered["demographic"]["score"]) == (20, 40)
    assert (answered["lead"]["score"], answered["lead"]["stage"], answered["rating"]["stage"]) == (60, "engaged", "A3")


# ---- RFM (the bands are the file's own) ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "day", "points", "stage"),
    [
        (did("login"), 0, 0, "stranger"),
        (did("purchase", amount=49.99), 0, 5 + 1 + 1, "regular"),
        (did("purchase", amount=100, times=12), 0, 15, "champion"),
        (did("purchase", amount=100, times=12), 30, 4 + 5 + 5, "champion"),
        (did("purchase", amount=100, times=2) + did("purchase", 100, amount=300), 100, 5 + 2 + 4, "regular"),
        (did("purchase", amount=100, times=2) + did("purchase", 100, amount=300), 365, 2 + 1 + 3, "regular"),
    ],
)
def test_recency_frequency_and_money_give_up_to_five_points_each(
    history: list[bytes], day: float, points: int, stage: str
) -> None:
    assert seen("rfm", "rfm", day, history) == (points, stage)


def test_a_customer_of_five_years_who_paused_for_one_is_not_a_stranger() -> None:
    orders = [line for month in range(48) for line in did("purchase", month * 30, amount=80)]

    assert seen("rfm", "rfm", 47 * 30 + 365, orders) == (1, "lapsed")


# ---- interest for each product (the half-life vector: 16 points, 14 days) --------------------------------------


@pytest.mark.parametrize(("day", "points", "stage"), [(0, 16, "keen"), (14, 8, "interested"), (28, 4, "aware")])
def test_sixteen_points_for_a_product_are_eight_after_a_half_life_and_four_after_two(
    day: float, points: int, stage: str
) -> None:
    values = scores("product-interest", day, did("form_submission", product="crm"))["product-interest"]["values"]

    assert values == {"crm": {"score": points, "unrounded": points, "stage": stage}}


def test_the_path_of_a_page_tells_the_product_and_another_page_tells_none() -> None:
    on_site = [did("page_visit", path=path) for path in ("/products/CRM", "/produkte/crm/preise", "/", "/products/")]
    bought = did("email_click", product="crm", path="/go")

    values = scores("product-interest", 0, *on_site, bought)["product-interest"]["values"]

    assert {name: value["score"] for name, value in values.items()} == {"crm": 8}


def test_products_are_scored_side_by_side_and_the_five_strongest_shown_first_to_last() -> None:
    looks = [did("page_visit", product=f"p{n}", times=n) for n in range(1, 8)]

    values = scores("product-interest", 0, *looks, did("email_click", product="p3"))["product-interest"]["values"]

    assert {name: value["score"] for name, value in values.items()} == {"p7": 14, "p6": 12, "p3": 10, "p5": 10, "p4": 8}


# ---- leads and customers (Drip: +8 for two visits a week, -4 for each week without; Klaviyo: 90 days, thirds) --

CUSTOMER = is_a(lifecycle="customer")


@pytest.mark.parametrize(
    ("day", "points"), [(0, 23), (6.99, 23), (7, 15 - 4), (14, 15 - 8), (21, 15 - 12), (28, 0), (99, 0)]
)
def test_drip_s_two_visits_a_week_give_eight_and_each_silent_week_takes_four_but_never_below_zero(
    day: float, points: int
) -> None:
    history = did("page_visit", times=2) + did("email_click", times=5)

    assert scores("customer-health", day, history)["lead"]["score"] == points


@pytest.mark.parametrize(
    ("day", "risk", "stage"),
    [(0, 0, "low"), (29.99, 0, "low"), (30, 33, "medium"), (60, 67, "high"), (90, 100, "high"), (365, 100, "high")],
)
def test_the_risk_of_churn_rises_by_thirds_to_certainty_at_ninety_days_of_silence(
    day: float, risk: int, stage: str
) -> None:
    assert seen("customer-health", "churn-risk", day, CUSTOMER, did("login")) == (risk, stage)


def test_a_login_takes_the_risk_back() -> None:
    assert seen("customer-health", "churn-risk", 95, CUSTOMER, did("login"), did("login", 95)) == (0, "low")


def test_a_lead_has_a_lead_score_and_a_customer_health_and_risk() -> None:
    history = did("login", times=4) + did("purchase") + did("form_submission")

    as_lead, as_customer = scores("customer-health", 0, history), scores("customer-health", 0, history, CUSTOMER)

    assert {name: answered and answered["score"] for name, answered in as_lead.items()} == {
        "lead": 20,
        "health": None,
        "churn-risk": None,
    }
    assert {name: answered and answered["score"] for name, answered in as_customer.items()} == {
        "lead": None,
        "health": 45,
        "churn-risk": 0,
    }


# ---- all of them -----------------------------------------------------------------------------------------------


def test_the_guide_lists_every_example_model() -> None:
    guide = (ROOT / "streamprocessor" / "scoring" / "README.md").read_text()

    assert [name for name in NAMES if f"deploy/models/{name}.yaml" not in guide] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_example_opens_with_whose_practice_it_is_and_bears_its_name(name: str) -> None:
    path = MODELS / f"{name}.yaml"
    first, *_ = path.read_text().splitlines()

    assert first == "# yaml-language-server: $schema=../scoring.schema.json"
    assert read_model(path).name == name


# ---- the public data -------------------------------------------------------------------------------------------

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")


MANY = 300
SOURCES = {"log": AFTER_THE_LOG_MS, "mails": AFTER_THE_MAILS_MS}


@cache
def public_facts(source: str) -> dict[str, list[Fact]]:
    return facts_of(all_mails() if source == "mails" else [row for row in read_log() if isinstance(row, ImportRow)])


@in_fifty_digits
def told_by_the_oracle(model: Model, facts: list[Fact], at_ms: int) -> dict[str, Any]:
    """{score: what its answer should be}; the example models hold no stage, so none depends on an earlier one."""
    answers = score_at(model, facts, at_ms)
    shown = show(model, until(plain(model, facts), at_ms), answers, {})
    return {name: as_an_answer(answers[name], shown[name]) for name in answers}


def as_an_answer(known: Answer, shown: Shown) -> Any:
    if shown is None:
        return None
    if isinstance(shown, dict):
        assert isinstance(known, dict)
        return {"values": {name: as_an_answer(known[name], seen) for name, seen in shown.items()}}
    if known is None:
        return {"score": None, "unrounded": None, "stage": shown[1]}
    assert isinstance(known, tuple)
    unrounded = pytest.approx(known[1] / NANO, rel=0, abs=1.5 / NANO)
    return {"score": known[0] / NANO, "unrounded": unrounded, "stage": shown[1]}


def without_next_step(answer: dict[str, Any] | None) -> Any:
    return answer and {word: value for word, value in answer.items() if word != "next_step_at"}


def outgrows_its_record(model: Model, facts: list[Fact]) -> bool:
    """Whether the contact's evidence is heavier than a record may be, so that the oldest was joined early."""
    scorer = Scorer(model)
    record = scorer.blank()
    return any(scorer.apply_in_place(record, [fact]).capped for fact in sorted(facts, key=by_occurrence))


@pytest.mark.data
@needs_data
@pytest.mark.parametrize(
    ("name", "one_of"),
    [(each, 3) for each in IN_EACH_RUN] + [pytest.param(each, 1, marks=pytest.mark.nightly) for each in NAMES],
)
def test_the_public_data_is_scored_as_the_oracle_does(name: str, one_of: int) -> None:
    model = read_model(MODELS / f"{name}.yaml")
    different: set[str] = set()
    outgrown = 0

    for source, at_ms in SOURCES.items():
        facts_by_contact = dict(list(public_facts(source).items())[::one_of])
        answers = list(score_offline(model, facts_by_contact, at_ms))
        assert len(answers) == len(facts_by_contact)
        for answer in answers:
            facts = facts_by_contact[answer["contact_id"]]
            if len(facts) > MANY and outgrows_its_record(model, facts):
                outgrown += 1
                continue
            answered = {score: without_next_step(score_object) for score, score_object in answer["scores"].items()}
            assert answered == told_by_the_oracle(model, facts, at_ms)
            different.add(json.dumps(answered, sort_keys=True))

    assert len(different) > 2  # else the model would have nothing to say about this data
    assert outgrown <= 1  # of 2 500 contacts, one with 357 visits to pages with long names
