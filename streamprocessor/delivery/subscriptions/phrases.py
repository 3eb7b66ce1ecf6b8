"""A hot lead in human words, so that a salesperson can act on the message alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streamprocessor.contract.display import Display, display_name
from streamprocessor.contract.subscriptions.business_days import Calendar, next_business_day
from streamprocessor.contract.subscriptions.page_links import contact_url
from streamprocessor.contract.topic_names import BECAME_HOT_LEAD
from streamprocessor.delivery.announcements import Announcement


@dataclass(frozen=True)
class Phrases:
    """The words of the subscriptions' file for rules, contacts and dates.

    rules: what a rule says of a contact, by its id; without one the id itself is read.
    name_from: attributes that a contact is called by, as in Display; None: those of the model in force.
    model_display: that of the model in force.
    page_url: of the page, without a slash at its end; None: there are no links.
    """

    calendar: Calendar = field(default_factory=Calendar)
    rules: Mapping[str, str] = field(default_factory=dict)
    name_from: tuple[tuple[str, ...], ...] | None = None
    page_url: str | None = None
    model_display: Callable[[], Display] = Display

    @property
    def display(self) -> Display:
        """What contacts are called by now."""
        return self.model_display() if self.name_from is None else Display(self.name_from)

    def words_of(self, announcement: Announcement, attributes: Mapping[str, Any]) -> dict[str, str]:
        """`sentence` (`headline` and reasons), `name`, `because`, `call_by` (a date, next business day), `contact_url`.

        attributes: of the contact, as far as they are known. Without a page_url there is no `contact_url`.
        """
        data = announcement.data
        because = self._because(data.get("because") or ())
        what = _hot(data) if announcement.event == BECAME_HOT_LEAD else _changed(data)
        reasons = f": {because}" if because else ""
        name = display_name(self.display, attributes) or announcement.contact_id
        words = {
            "headline": f"{name} {what}",
            "sentence": f"{name} {what}{reasons}",
            "name": name,
            "because": because,
            "call_by": next_business_day(self.calendar, announcement.at_ms).isoformat(),
        }
        if self.page_url is not None:
            words["contact_url"] = contact_url(self.page_url, announcement.contact_id)
        return words

    def _because(self, parts: Sequence[Mapping[str, Any]]) -> str:
        times: Counter[str] = Counter()
        for part in parts:
            rule = part.get("rule")
            if rule is not None and not part.get("cut"):
                times[self.rules.get(rule) or rule.replace("-", " ").replace("_", " ")] += part.get("count", 1)
        return ", ".join(f"{what}{_often(count)}" for what, count in times.items())


def _hot(data: Mapping[str, Any]) -> str:
    score = data.get("score")
    return f"became a hot lead ({data.get('stage') if score is None else score})"


def _changed(data: Mapping[str, Any]) -> str:
    scores = data.get("scores") or {}
    sentence = [f"{name} {_shown(scores.get(name))}" for name in data.get("changed") or ()]
    return f"has {', '.join(sentence)}" if sentence else "has no scores any more"


def _shown(score: Mapping[str, Any] | None) -> str:
    if not score:
        return "no longer"
    if "values" in score:
        return ", ".join(f"{value} {_shown(inner)}" for value, inner in score["values"].items()) or "none"
    number, stage = score.get("score"), score.get("stage")
    if number is None:
        return str(stage)
    return f"{number} ({stage})" if stage else str(number)


def _often(count: int) -> str:
    if count == 1:
        return ""
    return " twice" if count == 2 else f" {count} times"
