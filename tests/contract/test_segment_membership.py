"""What a model file may say of segments, what it may not, and whom a segment holds."""

from typing import Any

import pytest

from streamprocessor.contract.model_file.difference import ModelDifference, differences
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import (
    decode_revision,
    encode_revision,
    model_of,
    with_same_scores,
)
from streamprocessor.contract.model_file.revisions import revision_after as next_revision
from streamprocessor.contract.segment_membership import ShownScores, holds, shown_of
from streamprocessor.errors import ModelError
from streamprocessor.scoring.model.contact_filter import AttributeCondition, ContactFilter, ScoreCondition, Segment
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.scorer import Scorer

SCORES = """
scores:
  engagement: {rules: [{id: a, on: e, points: 1}], stages: {cold: 0, hot: 41}}
  interest: {by: properties.product, rules: [{id: a, on: e, points: 3}], stages: {low: 0, high: 3}}
  fit: {rules: [{id: a, when: {attributes.ceo: true}, points: 1}], stages: {B: 0, A: 1}}
  grade: {combine: {matrix: {rows: fit, columns: engagement, labels: {A: {cold: A2, hot: A1}, B: {cold: B2, hot: B1}}}}}
  plain: {rules: [{id: a, on: e, points: 1}]}
"""
NANO = 10**9


def model_with(condition: str, name: str = "s") -> str:
    return f"{SCORES}segments:\n  {name}:\n    {condition}\n"


def segments_of(text: str) -> tuple[Segment, ...]:
    return parse_model(text, "m.yaml").segments


# ---- what is read ----------------------------------------------------------------------------------------------------


def test_segments_are_read_in_the_words_of_the_api() -> None:
    (segment,) = segments_of(
        model_with(
            "scores: [{score: engagement, stages: [hot], at_least: 41, at_most: 90.5}, {score: interest, value: crm}]\n"
            "    attributes: [{attribute: city, one_of: [Berlin, 7, true]}, {attribute: n, at_least: 2, at_most: 3}]\n"
            "    suppressed: false"
        )
    )
    assert segment == Segment(
        "s",
        ContactFilter(
            (ScoreCondition("engagement", "", ("hot",), 41.0, 90.5), ScoreCondition("interest", "crm")),
            (
                AttributeCondition("city", one_of=("Berlin", 7.0, True)),
                AttributeCondition("n", at_least=2.0, at_most=3.0),
            ),
            suppressed=False,
        ),
    )


@pytest.mark.parametrize(
    ("condition", "complaint"),
    [
        ("scores: [{score: none}]", "unknown score; wanted one of engagement, interest, fit, grade, plain; got 'none'"),
        ("scores: [{stages: [hot]}]", "'score' is missing"),
        ("scores: [{score: engagement, stages: [warm]}]", "unknown stage; wanted one of cold, hot; got 'warm'"),
        ("scores: [{score: grade, stages: [A3]}]", "unknown stage; wanted one of B2, B1, A2, A1; got 'A3'"),
        ("scores: [{score: plain, stages: [hot]}]", "unknown stage; wanted none, for 'plain' has none; got 'hot'"),
        ("scores: [{score: grade, at_least: 1}]", "can never hold; wanted 'stages'"),
        ("scores: [{score: engagement, value: crm}]", "wanted it for a score with `by`, not for 'engagement'"),
        ("scores: [{score: interest}]", "'value' is missing; wanted one of properties.product"),
        ("scores: [{score: engagement, at_least: 5, at_most: 4}]", "can never hold; wanted at_least at most at_most"),
        ("scores: [{score: engagement, at_least: 4000000}]", "wanted a number below 4_000_000 in size; got 4000000"),
        ("scores: [{score: engagement, least: 5}]", "unknown word 'least' (did you mean 'at_least'?)"),
        ("scores: {score: engagement}", "wanted a list of conditions; got a mapping of score"),
        ("scores: []", "wanted a list of conditions; got a list of 0"),
        ("attributes: [{attribute: a}]", "attribute 'a': wanted one condition; got none"),
        ("attributes: [{attribute: a, equals: x, exists: true}]", "wanted one condition; got equals and exists"),
        ("attributes: [{attribute: a, equals: x, at_least: 1}]", "wanted one condition; got equals and at_least"),
        ("attributes: [{attribute: a, equals: [x]}]", "for a list use `one_of`"),
        ("attributes: [{attribute: a, one_of: []}]", "wanted a list with at least one value; got a list of 0"),
        ("attributes: [{attribute: a, at_least: many}]", "wanted a number; got 'many'"),
        ("attributes: [{attribute: a, at_least: 5, at_most: 4}]", "can never hold; wanted at_least at most at_most"),
        ("attributes: [{attribute: a, exists: maybe}]", "wanted true or false; got 'maybe'"),
        ('attributes: [{attribute: a, equals: "\\0"}]', "wanted a text without zero bytes"),
        ('attributes: [{attribute: a, equals: "\\uD800"}]', "wanted a text in Unicode"),
        ("attributes: [{equals: x}]", "'attribute' is missing"),
        (f"attributes: [{{attribute: a, contains: {'x' * 513}}}]", "wanted at most 512 characters; got 513"),
        ("suppressed: sometimes", "wanted true or false; got 'sometimes'"),
        ("stages: [hot]", "unknown word 'stages'; wanted one of scores, attributes, suppressed"),
        (f"scores: [{', '.join(['{score: plain}'] * 51)}]", "scores: wanted 0 to 50 of them; got 51"),
    ],
)
def test_what_a_segment_can_not_be_is_told_with_its_line(condition: Any, complaint: str) -> None:
    with pytest.raises(ModelError) as caught:
        segments_of(model_with(condition))
    (line,) = str(caught.value).split("\n")
    assert line.startswith("m.yaml:10: segment 's': ")
    assert complaint in line


def test_a_segment_that_is_no_mapping_or_has_no_name_is_refused() -> None:
    with pytest.raises(ModelError) as caught:
        segments_of(f"{SCORES}segments:\n  a b: {{}}\n  c: 7\n")
    assert str(caught.value).split("\n") == [
        "m.yaml:9: the model: segments: wanted a name of at most 64 letters, digits, _ . -; got 'a b'",
        "m.yaml:10: segment 'c': wanted a mapping of scores, attributes, suppressed; got 7",
    ]


# ---- what depends on it ----------------------------------------------------------------------------------------------


def test_another_segment_is_neither_another_version_nor_another_revision() -> None:
    """Workers bring each record to a newer revision, and announce under the version: neither may come of segments."""
    old, new = SCORES, model_with("suppressed: false")
    before = next_revision(None, parse_model(old, "m"), old, 1_000)
    after = decode_revision(encode_revision(with_same_scores(before, new, 2_000)))

    assert (after.revision, after.version, after.applied_at_ms) == (before.revision, before.version, 2_000)
    assert model_of(after).segments == (Segment("s", ContactFilter(suppressed=False)),)
    assert parse_model(new, "m").version == parse_model(old, "m").version

    scorer = Scorer(model_of(before))
    record = scorer.blank()
    scorer.apply_in_place(record, [Event("e-1", "e", 1_000, 1_000, {"product": "crm"}, {})])
    assert Scorer(model_of(after)).migrate_in_place(record, 3_000) == []
    assert record.at_ms == 1_000


def test_segments_differ_each_by_its_name() -> None:
    old = model_with("suppressed: false")
    new = f"{old}  t: {{suppressed: true}}\n".replace("false", "true")
    assert list(differences(old, new)) == [
        ModelDifference(None, None, "segments.s", "{suppressed: false}", "{suppressed: true}"),
        ModelDifference(None, None, "segments.t", None, "{suppressed: true}"),
    ]
    assert list(differences(SCORES, old)) == [ModelDifference(None, None, "segments.s", None, "{suppressed: false}")]


# ---- whom it holds ---------------------------------------------------------------------------------------------------

ANN = {
    "city": "Berlin",
    "cafe": "Cafe\u0301 Straße",
    "seats": 7,
    "staff": "250",
    "price": "1,50",
    "active": True,
    "says": "true",
    "tags": ["a", "b"],
    "left": None,
    "long": "x" * 600,
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("{attribute: city, equals: Berlin}", True),
        ("{attribute: city, equals: bERLIN}", True),
        ("{attribute: city, one_of: [Paris, BERLIN]}", True),
        ("{attribute: cafe, equals: CAF\u00c9 STRASSE}", True),
        ("{attribute: cafe, contains: CAF\u00c9}", True),
        ("{attribute: cafe, contains: cafe}", False),
        ("{attribute: cafe, starts_with: caf\u00e9}", True),
        ("{attribute: staff, at_least: 100}", True),
        ("{attribute: staff, at_most: 249.5}", False),
        ("{attribute: staff, equals: 250}", False),
        ('{attribute: staff, equals: "250"}', True),
        ("{attribute: price, at_least: 0}", False),
        ("{attribute: says, equals: true}", False),
        ('{attribute: says, equals: "TRUE"}', True),
        ("{attribute: says, one_of: [1, true]}", False),
        ('{attribute: seats, equals: "7"}', True),
        ("{attribute: seats, equals: 7.0}", True),
        ("{attribute: active, equals: true}", True),
        ("{attribute: active, equals: 1}", False),
        ("{attribute: active, one_of: [x, true]}", True),
        ("{attribute: city, at_least: 0}", False),
        ("{attribute: seats, at_least: 7, at_most: 7}", True),
        ("{attribute: seats, at_most: 6.9}", False),
        ("{attribute: city, contains: ERL}", True),
        ("{attribute: city, starts_with: erl}", False),
        ("""{attribute: tags, equals: '["a","b"]'}""", True),
        (f"{{attribute: long, equals: {'x' * 512}}}", True),
        ("{attribute: left, exists: false}", True),
        ("{attribute: left, exists: true}", False),
        ("{attribute: city, exists: false}", False),
        ("{attribute: none, contains: x}", False),
    ],
)
def test_attributes_are_compared_as_a_person_reads_them(condition: Any, expected: bool) -> None:
    (segment,) = segments_of(model_with(f"attributes: [{condition}]"))
    assert holds(segment.filter, {}, ANN, suppressed=False) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("{score: engagement}", True),
        ("{score: engagement, stages: [cold, hot]}", True),
        ("{score: engagement, stages: [hot]}", False),
        ("{score: engagement, at_least: 1, at_most: 1}", True),
        ("{score: engagement, at_least: 1.1}", False),
        ("{score: engagement, at_most: 0.9}", False),
        ("{score: interest, value: crm, stages: [high]}", True),
        ("{score: interest, value: erp}", False),
        ("{score: grade, stages: [B2]}", True),
        ("{score: grade, stages: [A1]}", False),
    ],
)
def test_scores_are_judged_as_they_are_shown(condition: Any, expected: bool) -> None:
    (segment,) = segments_of(model_with(f"scores: [{condition}]"))
    scorer = Scorer(parse_model(SCORES, "m"))
    record = scorer.blank()
    scorer.apply_in_place(record, [Event("e-1", "e", 1_000, 1_000, {"product": "crm"}, {})])
    assert holds(segment.filter, shown_of(scorer.scores_at(record, 1_000).values()), {}, suppressed=False) is expected


def test_a_label_is_within_no_bounds() -> None:
    label = {("grade", ""): ShownScores(None, "A1")}
    assert holds(ContactFilter((ScoreCondition("grade"),)), label, {}, suppressed=False)
    assert not holds(ContactFilter((ScoreCondition("grade", at_least=-1.0),)), label, {}, suppressed=False)


@pytest.mark.parametrize(("condition", "suppressed"), [(True, False), (False, True)])
def test_who_is_suppressed_is_told_apart(condition: Any, suppressed: bool) -> None:
    assert not holds(ContactFilter(suppressed=condition), {}, {}, suppressed)
    assert holds(ContactFilter(suppressed=suppressed), {}, {}, suppressed)
    assert holds(ContactFilter(), {}, {}, suppressed)
