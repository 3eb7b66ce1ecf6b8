"""The catalogue as people and programs read it: what came, what no rule asks for, which rules nothing ever met."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from pydantic import BaseModel, Field

from streamprocessor.catalogue.catalogue import ATTRIBUTES, PERIOD_MS, Catalogue, TypeCounts
from streamprocessor.catalogue.distinct_count import estimate, united
from streamprocessor.catalogue.masking import shown_path
from streamprocessor.catalogue.property_values import PropertyValues
from streamprocessor.catalogue.rule_watch import WatchedRule, unmet_of, watched_rules
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.topic_names import EMAIL_CLICK, EMAIL_OPEN, FORM_SUBMISSION, PAGE_VISIT
from streamprocessor.scoring.events.derived_properties import derivations_read
from streamprocessor.scoring.model.conditions import paths_of
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.model.rules import AttributeRule, InactivityRule, Rule
from streamprocessor.scoring.plan.matching import paths_read
from streamprocessor.scoring.plan.unmet import ALTERNATIVES, MISSING, OTHER_TYPE

_KNOWN_TYPES = (EMAIL_OPEN, EMAIL_CLICK, PAGE_VISIT, FORM_SUBMISSION)

MAX_REASONS = 3
SHOWN_EXAMPLES = 5


class SeenProperty(BaseModel):
    """A property of events, or an attribute."""

    path: str
    count: int
    kinds: dict[str, int] = Field(description="JSON types, and how often each came.")
    examples: list[str] = Field(description="The most common values; masked where few contacts have them.")
    asked_by: list[str] = Field(description="Rules that read it, as score/rule.")


class SeenType(BaseModel):
    """A type of events that came; `attributes` stands for writes of attributes."""

    type: str
    count: int
    contacts: int = Field(description="About how many contacts it is of, within some percent.")
    human_share: float = Field(description="Which part no program did, from 0 to 1, as each event by itself shows.")
    sources: dict[str, int] = Field(description="How many came from each source.")
    first_at: str
    last_at: str
    asked_by: list[str] = Field(description="Rules that count such events, as score/rule; none: it gives no points.")
    did_you_mean: str | None = Field(description="A type that is spelt almost so; null: none is.")
    properties: list[SeenProperty]


class UnmetRule(BaseModel):
    """A rule that nothing that came ever met, and why: the most frequent reason first."""

    score: str
    rule: str
    why: list[str]


class CatalogueReport(BaseModel):
    """What came since an instant some weeks ago, and what the rules of one model make of it."""

    since: str | None = Field(description="null: nothing came.")
    as_of: str | None = Field(description="When it was counted last; null: it never was.")
    types: list[SeenType] = Field(description="The most frequent first.")
    unmet_rules: list[UnmetRule]
    left_out: int = Field(description="Events of more types than are kept.")


def report(catalogue: Catalogue, model: Model, counted_at_ms: int | None) -> CatalogueReport:
    """The catalogue under a model. counted_at_ms: when it was counted last; None: it never was."""
    by_type: dict[str, dict[str, TypeCounts]] = {}
    for period in catalogue.periods.values():
        for (source, type_), seen in period.types.items():
            known = by_type.setdefault(type_, {}).get(source)
            by_type[type_][source] = seen if known is None else _together([known, seen])
    came = {type_: _together(of_source.values()) for type_, of_source in by_type.items()}
    asked, paths = _asked_types(model), _asked_paths(model)
    types = [_seen_type(type_, by_type[type_], came[type_], asked, paths) for type_ in came]
    since_ms = min((number * PERIOD_MS for number in catalogue.periods), default=None)
    return CatalogueReport(
        since=None if since_ms is None else format_rfc3339(since_ms),
        as_of=None if counted_at_ms is None else format_rfc3339(counted_at_ms),
        types=sorted(types, key=lambda each: (-each.count, each.type)),
        unmet_rules=[
            *_unmet_event_rules(catalogue, model, came),
            *_unmet_attribute_rules(model, came.get(ATTRIBUTES)),
        ],
        left_out=sum(period.left_out for period in catalogue.periods.values()),
    )


def close_type(type_: str, known: Iterable[str]) -> str | None:
    """The one of the known types that is spelt almost like this one; None: there is none.

    >>> close_type("Page Visit", ["email_open", "page_visit"]), close_type("pagevisits", ["page_visit"])
    ('page_visit', 'page_visit')
    """
    by_letters = {_letters(each): each for each in known if each != type_}
    close = get_close_matches(_letters(type_), by_letters, n=1, cutoff=0.85)
    return by_letters[close[0]] if close else None


def _letters(type_: str) -> str:
    return re.sub(r"[\W_]+", "", type_).casefold()


def _together(seen: Iterable[TypeCounts]) -> TypeCounts:
    """What came in several periods or from several sources, as of one."""
    whole = TypeCounts()
    for each in seen:
        whole.first_ms = min(whole.first_ms, each.first_ms) if whole.count else each.first_ms
        whole.last_ms = max(whole.last_ms, each.last_ms)
        whole.count, whole.human = whole.count + each.count, whole.human + each.human
        whole.contacts = united(whole.contacts, each.contacts)
        for path, values in each.properties.items():
            whole.properties.setdefault(path, PropertyValues()).take_over(values)
    return whole


def _seen_type(
    type_: str,
    sources: Mapping[str, TypeCounts],
    seen: TypeCounts,
    asked: Mapping[str, list[str]],
    paths: Mapping[str, list[str]],
) -> SeenType:
    asked_by = asked.get(type_, [])
    return SeenType(
        type=type_,
        count=seen.count,
        contacts=min(seen.count, estimate(seen.contacts)),
        human_share=round(seen.human / seen.count, 4),
        sources={source: of.count for source, of in sorted(sources.items())},
        first_at=format_rfc3339(seen.first_ms),
        last_at=format_rfc3339(seen.last_ms),
        asked_by=asked_by,
        did_you_mean=None if asked_by or type_ == ATTRIBUTES else close_type(type_, {*asked, *_KNOWN_TYPES}),
        properties=[
            SeenProperty(
                path=path,
                count=values.count,
                kinds=values.kinds,
                examples=_examples(values),
                asked_by=_askers_here(paths.get(path, []), asked_by, type_),
            )
            for path, values in sorted(seen.properties.items())
        ],
    )


def _askers_here(askers: list[str], of_type: list[str], type_: str) -> list[str]:
    """Those of a path's askers that count events of this type."""
    return askers if type_ == ATTRIBUTES else [asker for asker in askers if asker in of_type]


def _examples(values: PropertyValues) -> list[str]:
    return [text for text, _ in Counter(values.examples or values.forms).most_common(SHOWN_EXAMPLES)]


def _asked_types(model: Model) -> dict[str, list[str]]:
    """The rules that count events of each type that any rule names."""
    asked: dict[str, list[str]] = {}
    for watched in watched_rules(model):
        for type_ in watched.types or ():
            asked.setdefault(type_, []).append(_name(watched))
    return asked


def _asked_paths(model: Model) -> dict[str, list[str]]:
    """The rules that read each path, themselves or what a derived property that they read is made of."""
    asked: dict[str, list[str]] = {}
    for score in model.scores:
        for rule in score.rules:
            paths = list(_paths_of_rule(rule))
            sources = [derivation.source for derivation in derivations_read(model.derivations, paths)]
            for path in dict.fromkeys([*paths, *sources]):
                asked.setdefault(shown_path(path), []).append(f"{score.name}/{rule.id}")
    return asked


def _paths_of_rule(rule: Rule) -> Iterator[str]:
    if isinstance(rule, AttributeRule):
        yield from (f"attributes.{path}" for path in paths_of(rule.when))
        return
    if not isinstance(rule, InactivityRule):
        yield from paths_read(rule)


def _unmet_event_rules(catalogue: Catalogue, model: Model, came: Mapping[str, TypeCounts]) -> Iterator[UnmetRule]:
    for watched in watched_rules(model):
        seen = [rules[watched.key] for each in catalogue.periods.values() if watched.key in (rules := each.rules)]
        if watched.types is None or any(each.met for each in seen):
            continue
        unmet = Counter[str]()
        for each in seen:
            unmet.update(each.unmet)
        if unmet:
            why = [_sentence(counted, count, unmet.total()) for counted, count in unmet.most_common(MAX_REASONS)]
        elif any(type_ in came for type_ in watched.types):
            continue  # they came before the rule was watched: nothing is known of it
        else:
            why = [_missing_type(type_, came) for type_ in watched.types]
        yield UnmetRule(score=watched.score, rule=watched.rule.id, why=why)


def _name(watched: WatchedRule) -> str:
    return f"{watched.score}/{watched.rule.id}"


def _missing_type(type_: str, came: Mapping[str, TypeCounts]) -> str:
    close = close_type(type_, came)
    return f"no {type_} came" + (f"; {came[close].count} of '{close}' did: is it the same?" if close else "")


def _sentence(counted: str, count: int, total: int) -> str:
    unmet = unmet_of(counted)
    of = f"{count} of {total} events"
    if unmet.operator == ALTERNATIVES:
        return f"{of} met none of the alternatives"
    if unmet.how == MISSING:
        return f"{of} had no {unmet.path}"
    if unmet.how == OTHER_TYPE:
        return f"in {of} {unmet.path} was of a type that `{unmet.operator}` never holds for"
    return f"in {of} {unmet.path} had another value than `{unmet.operator}` wants"


def _unmet_attribute_rules(model: Model, seen: TypeCounts | None) -> Iterator[UnmetRule]:
    """Rules on attributes that were never written."""
    written = {} if seen is None else seen.properties
    for score in model.scores:
        for rule in score.rules:
            if isinstance(rule, AttributeRule):
                missing = [path for path in paths_of(rule.when) if shown_path(f"attributes.{path}") not in written]
                if missing and set(missing) == set(paths_of(rule.when)):
                    why = [f"no attribute {path} was written" for path in missing]
                    yield UnmetRule(score=score.name, rule=rule.id, why=why)
