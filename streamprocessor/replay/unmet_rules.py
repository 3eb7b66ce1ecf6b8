"""The rules of a model that no event ever met, found out as events pass."""

from __future__ import annotations

from streamprocessor.catalogue.rule_watch import FirstUnmet, first_unmet_of, watched_rules
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import Event


class UnmetRules:
    """Rules on events, as "score/rule"; once an event meets one it is asked no more.

    left: those that none has met so far.
    """

    def __init__(self, model: Model) -> None:
        """Begin with all rules of the model; those on attributes are not among them."""
        self.left: set[str] = set()
        self._any_type: list[str] = []
        self._by_type: dict[str, dict[str, FirstUnmet]] = {}
        for watched in watched_rules(model):
            name = f"{watched.score}/{watched.rule.id}"
            self.left.add(name)
            if watched.types is None:
                self._any_type.append(name)
            for type_ in watched.types or ():
                self._by_type.setdefault(type_, {})[name] = first_unmet_of(watched.rule, model.derivations)

    def note(self, event: Event) -> None:
        """An event came."""
        if self._any_type:
            self.left.difference_update(self._any_type)
            self._any_type = []
        rules = self._by_type.get(event.type)
        if rules is None:
            return
        met = [name for name, first_unmet in rules.items() if first_unmet(event) is None]
        if met:
            self.left.difference_update(met)
            for type_, of_type in list(self._by_type.items()):
                self._by_type[type_] = {name: find for name, find in of_type.items() if name in self.left}
                if not self._by_type[type_]:
                    del self._by_type[type_]
