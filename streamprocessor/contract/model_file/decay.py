"""The decay laws of a model file."""

from __future__ import annotations

from math import log, log1p

from streamprocessor.contract.strict_yaml.located import LocatedNode, ScalarNode
from streamprocessor.contract.strict_yaml.scalars import duration_ms, fraction
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.model.rules import (
    Decay,
    ExpiresAfter,
    HalfLife,
    Linear,
    NoDecay,
    PercentPerDayEvery,
    StepDecay,
)

LAWS = ("half_life", "percent_per_day", "linear", "step", "expires_after")


def read_decay(spot: LocatedNode) -> Decay:
    """The law; raises Wrong where none can be told, and notes what else is wrong in it."""
    if isinstance(spot.node, ScalarNode):
        if spot.value != "none":
            spot.refuse(f"none, or a mapping with one of {', '.join(LAWS)}")
        return NoDecay()
    fields = spot.fields(*LAWS, "every")
    law = fields.one_of(*LAWS)
    if law == "percent_per_day":
        return _percent_per_day(fields.read(law, _part, 0.5), fields.read("every", duration_ms, None))
    if "every" in fields:
        fields.entries["every"].note(f"belongs to percent_per_day; wanted it there; got it beside {law}")
    if law == "half_life":
        return HalfLife(float(fields.read(law, duration_ms, 1)))
    if law == "expires_after":
        return ExpiresAfter(fields.read(law, duration_ms, 1))
    return fields.read(law, _linear if law == "linear" else _step, NoDecay())


def _percent_per_day(lost: float, every_ms: int | None) -> Decay:
    if every_ms is not None:
        return PercentPerDayEvery(lost, every_ms)
    return HalfLife(-log(2) / log1p(-lost) * DAY_MS)


def _part(spot: LocatedNode) -> float:
    """A percentage that leaves something."""
    lost = fraction(spot)
    if lost == 1:
        spot.refuse("a percentage below 100%")
    return lost


def _linear(spot: LocatedNode) -> Decay:
    fields = spot.fields("lose", "per")
    return Linear(fields.required("lose", fraction, 1.0), fields.required("per", duration_ms, 1))


def _step(spot: LocatedNode) -> Decay:
    fields = spot.fields("lose", "every", "mode")
    compound = fields.read("mode", _mode, "absolute") == "compound"
    return StepDecay(fields.required("lose", fraction, 1.0), fields.required("every", duration_ms, 1), compound)


def _mode(spot: LocatedNode) -> str:
    if spot.value not in ("absolute", "compound"):
        spot.refuse("absolute or compound")
    return str(spot.value)
