"""Draws what a rule gives over time, by the scoring core itself: `make pictures`.

The rule stands in streamprocessor/scoring/README.md, in the block below its picture; what the contact does, in
drawings.yaml here. So neither the picture nor the text can say what the code does not do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ruamel.yaml import YAML

from streamprocessor.contract.events.events import decode_line
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.scoring.model.model import DAY_MS, NANO
from streamprocessor.scoring.record.facts import AttributesWritten, Event, Fact
from streamprocessor.scoring.scorer import Scorer

PICTURES = Path(__file__).parent
GUIDE = PICTURES.parents[1] / "streamprocessor" / "scoring" / "README.md"

WIDTH, HEIGHT = 640, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 16, 34
SAMPLES_A_DAY = 48
MOST_OFF = 0.3
"""By how many pixels a line may be off."""
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z

Place: TypeAlias = tuple[float, float]
"""Pixels to the right, and downward."""

_PICTURE = re.compile(r"!\[[^\]]*\]\([^)]*/([\w-]+)\.svg\)\n\n```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#4b5563}"
    ".line{fill:none;stroke:#1d4ed8;stroke-width:2;stroke-linejoin:round}"
    ".grid{stroke:#d1d5db}.event{fill:#b45309}.bound{stroke:#6b7280;stroke-dasharray:3 3}"
    "@media(prefers-color-scheme:dark){text{fill:#9ca3af}.line{stroke:#60a5fa}.grid{stroke:#374151}"
    ".event{fill:#fbbf24}.bound{stroke:#9ca3af}}"
)


class Drawing(NamedTuple):
    """What is drawn: a contact's life, and until when.

    did: what it did, as events are written, each with the `day` on which it did so.
    bounds: levels to be marked, by what they are called.
    """

    days: int
    did: Sequence[Mapping[str, Any]]
    bounds: Mapping[str, float]


class Sample(NamedTuple):
    """The score at a day, a fraction where it is within one."""

    day: float
    points: float


def pictures() -> dict[str, str]:
    """The text of each SVG by the name of its file."""
    drawings = _drawings()
    rules = dict(_PICTURE.findall(GUIDE.read_text()))
    if drawings.keys() != rules.keys():
        message = f"{GUIDE.name} and drawings.yaml: wanted the same pictures; only in one: {drawings.keys() ^ rules}"
        raise ValueError(message)
    return {f"{name}.svg": svg(drawing, samples(rules[name], drawing)) for name, drawing in drawings.items()}


def samples(rules: str, drawing: Drawing) -> list[Sample]:
    """The unrounded score of the rules, or of the first score of a whole model, at instants that lie close together."""
    scorer = Scorer(parse_model(_model_text(rules), GUIDE.name))
    name = scorer.model.scores[0].name
    waiting, record, curve = _facts(drawing), scorer.blank(), []
    for n in range(drawing.days * SAMPLES_A_DAY + 1):
        at_ms = START_MS + n * DAY_MS // SAMPLES_A_DAY
        due = [fact for fact in waiting if fact.arrival_ms <= at_ms]
        waiting = waiting[len(due) :]
        scorer.apply_in_place(record, due)
        points_nano = scorer.scores_at(record, at_ms)[name].unrounded_nano or 0
        curve.append(Sample(n / SAMPLES_A_DAY, points_nano / NANO))
    return curve


def svg(drawing: Drawing, curve: Sequence[Sample]) -> str:
    """The picture: days to the right, points upward, a dot for each thing that the contact did."""
    values = [0.0, *drawing.bounds.values(), *(sample.points for sample in curve)]
    low, high = min(values), max(values)

    def x(day: float) -> float:
        return round(LEFT + day / drawing.days * (WIDTH - LEFT - RIGHT), 1)

    def y(points: float) -> float:
        return round(TOP + (high - points) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    parts = [f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(0)}" y2="{y(0)}"/>']
    parts += [_text(LEFT - 6, y(level) + 4, f"{round(level, 1):g}", "end") for level in sorted({low, 0.0, high})]
    for label, level in drawing.bounds.items():
        parts.append(f'<line class="bound" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(level)}" y2="{y(level)}"/>')
        parts.append(_text(WIDTH - RIGHT, y(level) - 4, label, "end"))
    parts += [_text(x(day), HEIGHT - 4, f"day {day}" if day else "0", "middle") for day in _ticks(drawing.days)]
    turns = _turns([(x(sample.day), y(sample.points)) for sample in curve])
    points = " ".join(f"{across:g},{down:g}" for across, down in turns)
    parts.append(f'<polyline class="line" points="{points}"/>')
    parts += [f'<circle class="event" cx="{x(act["day"])}" cy="{HEIGHT - 26}" r="4"/>' for act in drawing.did]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
    return "\n".join([head, f"<style>{_STYLE}</style>", *parts, "</svg>"]) + "\n"


def _turns(places: Sequence[Place]) -> list[Place]:
    """The places that a line has to go through to stay within MOST_OFF of all of them (Douglas and Peucker's)."""
    (across, down), last = places[0], places[-1]
    slope = (last[1] - down) / (last[0] - across) if last[0] != across else 0.0
    offs = [abs(place[1] - down - slope * (place[0] - across)) for place in places]
    furthest = max(range(len(places)), key=offs.__getitem__)
    if offs[furthest] <= MOST_OFF:
        return [places[0], last]
    return _turns(places[: furthest + 1])[:-1] + _turns(places[furthest:])


def _text(across: float, down: float, text: str, anchor: str) -> str:
    return f'<text x="{across:g}" y="{down:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _ticks(days: int) -> range:
    return range(0, days, max(1, days // 6))


def _drawings() -> dict[str, Drawing]:
    told = YAML(typ="safe").load((PICTURES / "drawings.yaml").read_text())
    return {name: Drawing(each["days"], each["did"], each.get("bounds", {})) for name, each in told.items()}


def _model_text(rules: str) -> str:
    """A whole model: the text itself, or a score of its rules alone."""
    if "scores:" in rules:
        return rules
    return "scores:\n  score:\n    rules:\n" + "".join(f"      {line}\n" for line in rules.splitlines())


def _facts(drawing: Drawing) -> list[Fact]:
    facts: list[Fact] = []
    for n, act in enumerate(drawing.did):
        words = {key: value for key, value in act.items() if key != "day"}
        line = {"contact_id": "c-1", "id": f"{n}", "occurred_at": START_MS + round(act["day"] * DAY_MS)} | words
        _, fact = decode_line(json.dumps(line).encode())
        assert isinstance(fact, Event | AttributesWritten), "links and rights are not drawn"
        facts.append(fact)
    return sorted(facts, key=lambda fact: fact.arrival_ms)
