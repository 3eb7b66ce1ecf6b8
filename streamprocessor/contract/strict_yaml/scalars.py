"""The values that people write in files: names, texts, numbers, durations, percentages, points, paths, event types."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from functools import partial

from streamprocessor.contract.strict_yaml.described import described
from streamprocessor.contract.strict_yaml.located import LocatedNode, ScalarNode, SequenceNode
from streamprocessor.scoring.model.model import E15, NANO

POINTS_BOUND = 1_000_000
SCORE_BOUND = 4_000_000
WEIGHT_BOUND = 1_000
MAX_DAYS = 36_500
ANY_TYPE = "any"

_UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"([0-9]{1,15})([smhdw])", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)%", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_SPELLED = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?", re.ASCII)
_EXACT = Context(prec=120)

_EVENT_ROOTS = ("properties.", "context.")
_PERCENTAGE_SCHEMA = {
    "description": "A percentage with its sign: 2%.",
    "type": "string",
    "pattern": r"^(100(\.0+)?|[0-9]{1,2}(\.[0-9]{1,9})?)%$",
}


@described({"type": "string", "minLength": 1})
def text(located: LocatedNode) -> str:
    """A text that is not empty."""
    if not isinstance(located.value, str) or not located.value:
        located.refuse("a text (in quotes where it looks like a number or a word of YAML)")
    return located.value


@described({"type": "string", "pattern": f"^{_NAME.pattern}$"}, "name")
def name(located: LocatedNode) -> str:
    """A name: letters, digits and _ . - , at most 64."""
    if not isinstance(located.value, str) or not _NAME.fullmatch(located.value):
        located.refuse("a name of at most 64 letters, digits, _ . -")
    return located.value


def named_entries(located: LocatedNode, expected: str) -> dict[str, LocatedNode]:
    """The values of a mapping by words that are names; notes others, raises ReadError where it is no mapping."""
    entries = located.entries(expected)
    for word, inner in entries.items():
        key = LocatedNode(ScalarNode(word, inner.line), located.where, located.problems)
        located.problems.attempt(partial(name, key), None)
    return entries


@described({"type": "boolean"})
def flag(located: LocatedNode) -> bool:
    """True or false."""
    if not isinstance(located.value, bool):
        located.refuse("true or false")
    return located.value


@described({"type": "number"})
def number(located: LocatedNode) -> Decimal:
    """A number, exactly as written; one that has more than nine decimals is refused."""
    value = located.value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        located.refuse(
            "a number without quotes" if isinstance(value, str) and _SPELLED.fullmatch(value) else "a number"
        )
    exact = Decimal(value)
    if abs(exact) < 10**15 and _EXACT.multiply(exact, Decimal(NANO)) % 1 != 0:
        located.refuse("a number of at most nine decimals")
    return exact


@described(
    {
        "description": f"Below {POINTS_BOUND:,} in size.".replace(",", " "),
        "type": "number",
        "exclusiveMinimum": -POINTS_BOUND,
        "exclusiveMaximum": POINTS_BOUND,
    },
    "points",
)
def points_e15(located: LocatedNode) -> int:
    """Points as an integer of 10⁻¹⁵, below 1 000 000 in size."""
    points = number(located)
    if abs(points) >= POINTS_BOUND:
        located.refuse(f"points below {POINTS_BOUND:_} in size")
    return int(_EXACT.multiply(points, Decimal(E15)))


@described({"type": "number", "exclusiveMinimum": -SCORE_BOUND, "exclusiveMaximum": SCORE_BOUND}, "bound")
def nano(located: LocatedNode) -> int:
    """A score or a bound of one as an integer of 10⁻⁹, below 4 000 000 in size."""
    value = number(located)
    if abs(value) >= SCORE_BOUND:
        located.refuse(f"a number below {SCORE_BOUND:_} in size")
    return int(_EXACT.multiply(value, Decimal(NANO)))


@described({"type": "number", "exclusiveMinimum": 0})
def amount_nano(located: LocatedNode) -> int:
    """A sum of money above 0 as an integer of 10⁻⁹."""
    value = number(located)
    if not 0 < value < 10**9:
        located.refuse("an amount above 0 and below 1_000_000_000")
    return int(_EXACT.multiply(value, Decimal(NANO)))


@described({"type": "number", "not": {"const": 0}})
def factor(located: LocatedNode) -> float:
    """A factor that is not zero."""
    value = number(located)
    if value == 0 or abs(value) >= 10**15:
        located.refuse("a number that is not 0")
    return float(value)


@described(
    {"type": "number", "exclusiveMinimum": -WEIGHT_BOUND, "exclusiveMaximum": WEIGHT_BOUND, "not": {"const": 0}},
    "weight",
)
def weight_nano(located: LocatedNode) -> int:
    """A weight as an integer of 10⁻⁹: not zero, below 1 000 in size."""
    value = number(located)
    if value == 0 or abs(value) >= WEIGHT_BOUND:
        located.refuse(f"a number that is not 0, below {WEIGHT_BOUND:_} in size")
    return int(_EXACT.multiply(value, Decimal(NANO)))


@described({"type": "integer", "minimum": 1}, "count")
def count(located: LocatedNode) -> int:
    """A whole number of at least 1."""
    if isinstance(located.value, bool) or not isinstance(located.value, int) or not 1 <= located.value < 10**9:
        located.refuse("a whole number of at least 1")
    return located.value


@described(
    {
        "description": "A whole number and a unit: 30s, 15m, 12h, 7d, 2w.",
        "type": "string",
        "pattern": f"^0*[1-9][0-9]*[{''.join(_UNIT_MS)}]$",
    },
    "duration",
)
def duration_ms(located: LocatedNode) -> int:
    """A duration of at least a second and at most 100 years, in milliseconds: a whole number and s, m, h, d or w."""
    match = _DURATION.fullmatch(located.value) if isinstance(located.value, str) else None
    if match is None:
        located.refuse("a duration: a whole number and one of s m h d w, such as 30d")
    milliseconds = int(match[1]) * _UNIT_MS[match[2]]
    if not 0 < milliseconds <= MAX_DAYS * _UNIT_MS["d"]:
        located.refuse(f"a duration above 0 and at most {MAX_DAYS}d")
    return milliseconds


@described({**_PERCENTAGE_SCHEMA, "not": {"pattern": r"^0+(\.0+)?%$"}}, "percentage")
def fraction(located: LocatedNode) -> float:
    """A percentage above 0 and at most 100 %, as a fraction; the sign % is needed."""
    match = _PERCENT.fullmatch(located.value) if isinstance(located.value, str) else None
    if match is None or not 0 < Decimal(match[1]) <= 100:
        located.refuse("a percentage above 0 and at most 100, with its sign, such as 2%")
    return float(Decimal(match[1]) / 100)


@described({**_PERCENTAGE_SCHEMA, "not": {"pattern": r"^(0+(\.0+)?|100(\.0+)?)%$"}})
def fraction_below_one(located: LocatedNode) -> float:
    """A percentage that leaves something: above 0 and below 100 %, as a fraction."""
    value = fraction(located)
    if value == 1:
        located.refuse("a percentage below 100%")
    return value


def path_pattern(roots: tuple[str, ...]) -> str:
    """The regular expression of JSON Schema for what is_path takes."""
    return rf"^({'|'.join(root.removesuffix('.') for root in roots)})(\.[^.]+)+$"


@described(
    {"description": "properties.NAME or context.NAME.", "type": "string", "pattern": path_pattern(_EVENT_ROOTS)}, "path"
)
def event_path(located: LocatedNode) -> str:
    """A path into an event: properties.NAME or context.NAME, deeper with more dots."""
    path = located.value
    if not isinstance(path, str) or not is_path(path, _EVENT_ROOTS):
        located.refuse(f"a path that begins with {' or '.join(_EVENT_ROOTS)}")
    return path


def is_path(path: str, roots: tuple[str, ...]) -> bool:
    """Whether the path begins with one of the roots and has a name in every place."""
    return path.startswith(roots) and all(path.split("."))


@described({"type": "string", "minLength": 1, "not": {"const": ANY_TYPE}}, "type")
def _type(located: LocatedNode) -> str:
    return text(located)


@described(
    {
        "description": "One event type or a list of them.",
        "anyOf": [_type, {"type": "array", "minItems": 1, "uniqueItems": True, "items": _type}],
    },
    "types",
)
def types(located: LocatedNode) -> tuple[str, ...]:
    """One event type or a list of them, each once."""
    nodes = located.items("an event type or a list of them") if isinstance(located.node, SequenceNode) else [located]
    event_types = tuple(_type(node) for node in nodes)
    if len(set(event_types)) != len(event_types):
        located.refuse("each event type once")
    if ANY_TYPE in event_types:
        located.refuse("event types by their names (only inactivity knows 'any', alone)")
    return event_types


@described({"anyOf": [{"const": ANY_TYPE}, types]})
def types_or_any(located: LocatedNode) -> tuple[str, ...] | None:
    """Event types as `types` reads them; None for the word any."""
    return None if isinstance(located.node, ScalarNode) and located.value == ANY_TYPE else types(located)
