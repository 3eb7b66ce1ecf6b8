"""The scoring model's file, read strictly into a Model: every problem in it is shown at once, with its line."""

from __future__ import annotations

import json
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from streamprocessor.contract.model_file.attribute_names import attribute_names
from streamprocessor.contract.model_file.derivations import derivations
from streamprocessor.contract.model_file.display import DISPLAY
from streamprocessor.contract.model_file.scores import read_scores
from streamprocessor.contract.model_file.segments import SEGMENTS, read_segments
from streamprocessor.contract.model_file.stages import HOT_LEADS, read_hot_leads
from streamprocessor.contract.model_file.suppression import SUPPRESSION
from streamprocessor.contract.strict_yaml.described import Reader, Shape, Word, described, json_schema
from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import LocatedNode, Node, Problems, ScalarNode
from streamprocessor.contract.strict_yaml.scalars import count, duration_ms, flag, name
from streamprocessor.contract.strict_yaml.yaml_tree import canonical_values, json_values, read_tree
from streamprocessor.errors import ModelError
from streamprocessor.scoring.model.display import Display
from streamprocessor.scoring.model.model import DAY_MS, USUAL_ADDRESSES, HotLead, Model, Scanners, Suppression

DEFAULT_NAME = "default"
LONGEST_BURST_MS = 3_600_000

_FEWEST_LINKS = 2
_MOST_ADDRESSES = 8
_SCHEMA_HEAD = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "scoring.schema.json",
    "$comment": "Made by `streamprocessor model schema`.",
    "title": "Scoring model",
}

# ---- the words of a model ------------------------------------------------------------------------------------------


@described({"enum": ["count", "ignore"]})
def _proxy_opens_count(located: LocatedNode) -> bool:
    if located.value not in ("count", "ignore"):
        located.refuse("count or ignore")
    return located.value == "count"


@described({**count.schema, "minimum": _FEWEST_LINKS})
def _links(located: LocatedNode) -> int:
    links = count(located)
    if links < _FEWEST_LINKS:
        located.refuse(f"a whole number of at least {_FEWEST_LINKS}")
    return links


def _moment_ms(located: LocatedNode) -> int:
    within_ms = duration_ms(located)
    if within_ms > LONGEST_BURST_MS:
        located.refuse("a duration of at most an hour, such as 10s (what takes longer people do too)")
    return within_ms


@described({"anyOf": [{"const": "off"}, duration_ms]})
def _moment_or_off_ms(located: LocatedNode) -> int:
    return 0 if located.value == "off" else _moment_ms(located)


_USUAL = Scanners()
_SCANNER_LINKS = Word("links", _links, default=_USUAL.links)
_SCANNER_WITHIN = Word(
    "within", Reader(_moment_ms, duration_ms.schema, duration_ms.definition), default=f"{_USUAL.within_ms // 1000}s"
)
_BEFORE_DELIVERY = Word("before_delivery", flag, default=_USUAL.before_delivery)
_AFTER_DELIVERY = Word("after_delivery", _moment_or_off_ms, default=f"{_USUAL.after_delivery_ms // 1000}s")
_CLOCK_TOLERANCE = Word("clock_tolerance", _moment_or_off_ms, default=f"{_USUAL.clock_tolerance_ms // 1000}s")
_SCANNERS_SHAPE = Shape(_SCANNER_LINKS, _SCANNER_WITHIN, _BEFORE_DELIVERY, _AFTER_DELIVERY, _CLOCK_TOLERANCE)


@described({"anyOf": [{"const": "off"}, _SCANNERS_SHAPE]})
def _scanners(located: LocatedNode) -> Scanners | None:
    if isinstance(located.node, ScalarNode):
        if located.value != "off":
            located.refuse(f"off, or a mapping of {', '.join(_SCANNERS_SHAPE.words)}")
        return None
    fields = _SCANNERS_SHAPE.fields(located)
    return Scanners(
        _SCANNER_LINKS.of(fields, _USUAL.links),
        _SCANNER_WITHIN.of(fields, _USUAL.within_ms),
        _BEFORE_DELIVERY.of(fields, _USUAL.before_delivery),
        _AFTER_DELIVERY.of(fields, _USUAL.after_delivery_ms),
        _CLOCK_TOLERANCE.of(fields, _USUAL.clock_tolerance_ms),
    )


_ADDRESSES = Word(
    "addresses",
    attribute_names(_MOST_ADDRESSES),
    default=list(USUAL_ADDRESSES),
    description="The attributes that hold a mail address of the contact. Whoever reads it is the contact, where "
    "anybody but a browser writes them. []: none do.",
)
_IDENTITY_SHAPE = Shape(_ADDRESSES, description="Who is whom.")


@described(_IDENTITY_SHAPE.schema)
def _address_names(located: LocatedNode) -> tuple[str, ...]:
    return _ADDRESSES.of(_IDENTITY_SHAPE.fields(located), USUAL_ADDRESSES)


_NAME, _SCORES = Word("name", name), Word("scores", read_scores, required=True)
_HOT_LEAD = Word("hot_lead", HOT_LEADS, description="Which score and stage make a hot lead.")
_CORRECTION_WINDOW, _PROXY_OPENS = Word("correction_window", duration_ms), Word("proxy_opens", _proxy_opens_count)
_SCANNERS = Word(
    "scanners",
    _scanners,
    description="What tells a scanner that looks like a browser: clicks on so many distinct links of one message "
    "within a moment, or before its delivery or right after it.",
)
_SEGMENTS = Word(
    "segments",
    SEGMENTS,
    description="Contacts under a name: counted, paged and exported by the API, and named by subscriptions. No score "
    "depends on them.",
)
_IDENTITY = Word("identity", _address_names)
_ANNOUNCE_FIRST = Word(
    "announce_first",
    flag,
    description="Whether a contact's beginning is announced, in whatever stage, with `first: true`; else its first "
    "message is its first step away from there.",
    default=False,
)
_DERIVE = Word(
    "derive",
    derivations,
    description="Properties that are made of others of the same event: rules, `by` and `per` see them like any other.",
)
_MODEL = Shape(
    *(_NAME, _SCORES, _HOT_LEAD, _CORRECTION_WINDOW, _PROXY_OPENS, _SCANNERS, _IDENTITY, SUPPRESSION, _SEGMENTS),
    *(_ANNOUNCE_FIRST, _DERIVE, DISPLAY),
)

# ---- models --------------------------------------------------------------------------------------------------------


def read_model(path: Path) -> Model:
    """The model of the file; raises ModelError with a line for each problem."""
    return parse_model(read_model_text(path), str(path))


def read_model_text(path: Path) -> str:
    """The text of a model's file; raises ModelError where it can't be read."""
    return read_text(path, "a scoring model", ModelError)


def parse_model(text: str, source_name: str, *, revision: int = 0) -> Model:
    """The model that the text spells; raises ModelError with a line for each problem.

    source_name: what problems name as their place. The version is the hash of the content: neither comments nor the
    way things are written change it, nor do segments, nor what contacts are called by, unless announcements say it.
    revision: as applied, 0 where it was not.
    """
    return read_document(text, source_name, "the model", partial(_model, revision=revision))


def json_of_model(text: str) -> dict[str, Any]:
    """The words of a model's text, which can be read, as JSON shows them."""
    words: dict[str, Any] = json_values(read_tree(text, Problems("the model")))
    return words


def model_schema() -> dict[str, Any]:
    """The JSON Schema of model files, made of what their readers say of themselves."""
    return json_schema(_MODEL, _SCHEMA_HEAD)


def model_schema_text() -> str:
    """The same as a file; deploy/ holds it for editors."""
    return json.dumps(model_schema(), indent=2) + "\n"


def _model(located: LocatedNode, revision: int) -> Model:
    fields = _MODEL.fields(located)
    scores = _SCORES.of(fields, ())
    hot_leads = fields.read(_HOT_LEAD, partial(read_hot_leads, scores=scores), ())
    return Model(
        name=_NAME.of(fields, DEFAULT_NAME),
        version=_version(located.node, hot_leads),
        revision=revision,
        scores=scores,
        hot_leads=hot_leads,
        proxy_opens_count=_PROXY_OPENS.of(fields, False),
        correction_window_ms=_CORRECTION_WINDOW.of(fields, 30 * DAY_MS),
        scanners=_SCANNERS.of(fields, _USUAL),
        addresses=_IDENTITY.of(fields, USUAL_ADDRESSES),
        suppression=SUPPRESSION.of(fields, Suppression()),
        segments=fields.read(_SEGMENTS, partial(read_segments, scores=scores), ()),
        announce_first=_ANNOUNCE_FIRST.of(fields, False),
        derivations=_DERIVE.of(fields, ()),
        display=DISPLAY.of(fields, Display()),
    )


def _version(tree: Node, hot_leads: tuple[HotLead, ...]) -> str:
    # Segments are left out: no score depends on them, so another segment must not make workers score anew. Nor on what
    # contacts are called by, but an announcement that says it is another one where it is made by other words.
    says_names = any(lead.include_attributes is not None for lead in hot_leads)
    besides = {_SEGMENTS} if says_names else {_SEGMENTS, DISPLAY}
    content = {word: value for word, value in canonical_values(tree).items() if word not in besides}
    # Only among scores does the order of words say something: announcements show scores in it.
    order = list(content[_SCORES]) if isinstance(content.get(_SCORES), dict) else []
    canonical = json.dumps([content, order], sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()[:12]
