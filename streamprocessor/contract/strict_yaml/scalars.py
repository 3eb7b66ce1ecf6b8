"""The values that a model is written with: durations, percentages, points, names, paths."""

from __future__ import annotations

import re
from decimal import Context, Decimal

from streamprocessor.contract.strict_yaml.located import LocatedNode, ScalarNode, SequenceNode
from streamprocessor.scoring.model.model import E15, NANO

POINTS_BOUND = 1_000_000
SCORE_BOUND = 4_000_000
WEIGHT_BOUND = 1_000
MAX_DAYS = 36_500

_UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"([0-9]{1,15})([smhdw])", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)%", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_EXACT = Context(prec=120)


def text(spot: LocatedNode) -> str:
    """A text that is not empty."""
    if not isinstance(spot.value, str) or not spot.value:
        spot.refuse("a text (in quotes where it looks like a number or a word of YAML)")
    return spot.value


def name(spot: LocatedNode) -> str:
    """A name: letters, digits and _ . - , at most 64."""
    if not isinstance(spot.value, str) or not _NAME.fullmatch(spot.value):
        spot.refuse("a name of at most 64 letters, digits, _ . -")
    return spot.value


def flag(spot: LocatedNode) -> bool:
    """true or false."""
    if not isinstance(spot.value, bool):
        spot.refuse("true or false")
    return spot.value


def number(spot: LocatedNode) -> Decimal:
    """A number, exactly as written; one that has more than nine decimals is refused."""
    value = spot.value
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        spot.refuse("a number")
    exact = Decimal(value)
    if abs(exact) < 10**15 and _EXACT.multiply(exact, Decimal(NANO)) % 1 != 0:
        spot.refuse("a number of at most nine decimals")
    return exact


def points_e15(spot: LocatedNode) -> int:
    """Points as an integer of 10⁻¹⁵, below 1 000 000 in size."""
    points = number(spot)
    if abs(points) >= POINTS_BOUND:
        spot.refuse(f"points below {POINTS_BOUND:_} in size")
    return int(_EXACT.multiply(points, Decimal(E15)))


def nano(spot: LocatedNode) -> int:
    """A score or a bound of one as an integer of 10⁻⁹, below 4 000 000 in size."""
    value = number(spot)
    if abs(value) >= SCORE_BOUND:
        spot.refuse(f"a number below {SCORE_BOUND:_} in size")
    return int(_EXACT.multiply(value, Decimal(NANO)))


def amount_nano(spot: LocatedNode) -> int:
    """A sum of money above 0 as an integer of 10⁻⁹."""
    value = number(spot)
    if not 0 < value < 10**9:
        spot.refuse("an amount above 0 and below 1_000_000_000")
    return int(_EXACT.multiply(value, Decimal(NANO)))


def factor(spot: LocatedNode) -> float:
    """A factor that is not zero."""
    value = number(spot)
    if value == 0 or abs(value) >= 10**15:
        spot.refuse("a number that is not 0")
    return float(value)


def weight_nano(spot: LocatedNode) -> int:
    """A weight as an integer of 10⁻⁹: not zero, below 1 000 in size."""
    value = number(spot)
    if value == 0 or abs(value) >= WEIGHT_BOUND:
        spot.refuse(f"a number that is not 0, below {WEIGHT_BOUND:_} in size")
    return int(_EXACT.multiply(value, Decimal(NANO)))


def count(spot: LocatedNode) -> int:
    """A whole number of at least 1."""
    if isinstance(spot.value, bool) or not isinstance(spot.value, int) or not 1 <= spot.value < 10**9:
        spot.refuse("a whole number of at least 1")
    return spot.value


def duration_ms(spot: LocatedNode) -> int:
    """A duration of at least a second and at most 100 years, in milliseconds: a whole number and s, m, h, d or w."""
    match = _DURATION.fullmatch(spot.value) if isinstance(spot.value, str) else None
    if match is None:
        spot.refuse("a duration: a whole number and one of s m h d w, such as 30d")
    milliseconds = int(match[1]) * _UNIT_MS[match[2]]
    if not 0 < milliseconds <= MAX_DAYS * _UNIT_MS["d"]:
        spot.refuse(f"a duration above 0 and at most {MAX_DAYS}d")
    return milliseconds


def fraction(spot: LocatedNode) -> float:
    """A percentage above 0 and at most 100 %, as a fraction; the sign % is needed."""
    match = _PERCENT.fullmatch(spot.value) if isinstance(spot.value, str) else None
    if match is None or not 0 < Decimal(match[1]) <= 100:
        spot.refuse("a percentage above 0 and at most 100, with its sign, such as 2%")
    return float(Decimal(match[1]) / 100)


def event_path(spot: LocatedNode) -> str:
    """A path into an event: properties.NAME or context.NAME, deeper with more dots."""
    return _path(spot, "properties.", "context.")


def _path(spot: LocatedNode, *roots: str) -> str:
    path = spot.value
    if not isinstance(path, str) or not is_path(path, roots):
        spot.refuse(f"a path that begins with {' or '.join(roots)}")
    return path


def is_path(path: str, roots: tuple[str, ...]) -> bool:
    """Whether the path begins with one of the roots and has a name in every place."""
    return path.startswith(roots) and all(path.split("."))


def types(spot: LocatedNode) -> tuple[str, ...]:
    """One event type or a list of them, each once."""
    spots = spot.items("an event type or a list of them") if isinstance(spot.node, SequenceNode) else [spot]
    read = tuple(text(one) for one in spots)
    if len(set(read)) != len(read):
        spot.refuse("each event type once")
    if "any" in read:
        spot.refuse("event types by their names (only inactivity knows 'any', alone)")
    return read


def types_or_any(spot: LocatedNode) -> tuple[str, ...] | None:
    """Event types as `types` reads them; None for the word any."""
    return None if isinstance(spot.node, ScalarNode) and spot.value == "any" else types(spot)
