"""What each rule of a model makes of events that come: met, or which comparison failed first, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from streamprocessor.catalogue.catalogue import Catalogue, RuleCounts
from streamprocessor.scoring.events.derived_properties import DerivedProperties, derivations_read
from streamprocessor.scoring.events.projection import field_paths, project
from streamprocessor.scoring.model.conditions import paths_of
from streamprocessor.scoring.model.derivation import Derivation
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.model.rules import AttributeRule, InactivityRule, Rule
from streamprocessor.scoring.plan.matching import amount_path_of
from streamprocessor.scoring.plan.unmet import Unmet, unmet_finder
from streamprocessor.scoring.record.facts import Event

_SEPARATOR = "\0"

FirstUnmet = Callable[[Event], "Unmet | None"]


class WatchedRule(NamedTuple):
    """A rule on events, as it is watched.

    key: "score/rule" with a hash of what it asks for: a rule that asks for something else is another one.
    types: of its events; None: any.
    """

    key: str
    score: str
    rule: Rule
    types: tuple[str, ...] | None


class RuleWatch:
    """Counts what a model's rules make of events."""

    def __init__(self, catalogue: Catalogue, model: Model) -> None:
        self._catalogue = catalogue
        self._by_type: dict[str, list[tuple[str, FirstUnmet]]] = {}
        for watched in watched_rules(model):
            for type_ in watched.types or ():
                first_unmet = first_unmet_of(watched.rule, model.derivations)
                self._by_type.setdefault(type_, []).append((watched.key, first_unmet))

    def add(self, event: Event) -> None:
        """Count what the rules of its type make of the event."""
        rules = self._by_type.get(event.type)
        if not rules:
            return
        seen = self._catalogue.period_at(event.arrival_ms).rules
        for key, first_unmet in rules:
            of_rule = seen.get(key)
            if of_rule is None:
                of_rule = seen[key] = RuleCounts(since_ms=event.arrival_ms)
            unmet = first_unmet(event)
            if unmet is None:
                of_rule.met += 1
            else:
                name = _SEPARATOR.join(unmet)
                of_rule.unmet[name] = of_rule.unmet.get(name, 0) + 1


def watched_rules(model: Model) -> Iterator[WatchedRule]:
    """The model's rules on events, score by score; those on attributes are not among them."""
    for score in model.scores:
        for rule in score.rules:
            if not isinstance(rule, AttributeRule):
                where = None if isinstance(rule, InactivityRule) else rule.where
                asked: list[object] = [rule.types, where, amount_path_of(rule)]
                if derivations := derivations_read(model.derivations, _paths_asked(rule)):
                    asked.append(derivations)
                digest = blake2b(repr(asked).encode(), digest_size=6).hexdigest()
                yield WatchedRule(f"{score.name}/{rule.id}#{digest}", score.name, rule, rule.types)


def asked_types(model: Model) -> frozenset[str]:
    """The types of events that some rule names."""
    return frozenset(type_ for watched in watched_rules(model) for type_ in watched.types or ())


def kept_types(model: Model) -> frozenset[str] | None:
    """The types of events that records hold, those that rules name; None: a rule counts all, so all are held."""
    return None if any(watched.types is None for watched in watched_rules(model)) else asked_types(model)


def unmet_of(counted: str) -> Unmet:
    """What events failed, of the name that it is counted under."""
    path, operator, how = counted.split(_SEPARATOR)
    return Unmet(path, operator, how)


def first_unmet_of(rule: Rule, derivations: Sequence[Derivation]) -> FirstUnmet:
    """A function that tells what an event fails first of what the rule asks for."""
    find, asked = unmet_finder(rule), _paths_asked(rule)
    read = derivations_read(derivations, asked)
    paths = field_paths([*asked, *(derivation.source for derivation in read)])
    derived = DerivedProperties(read)
    return lambda event: find(derived.added_to(project(event.properties, event.context, paths)))


def _paths_asked(rule: Rule) -> list[str]:
    """The paths at which an event can fail what the rule asks for."""
    amount_path = amount_path_of(rule)
    return [*paths_of(getattr(rule, "where", None)), *([] if amount_path is None else [amount_path])]
