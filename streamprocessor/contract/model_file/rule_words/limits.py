"""`limit` and `bands` of the rules of a model file: how often, how much, and from which mark on a rule counts."""

from __future__ import annotations

from streamprocessor.contract.strict_yaml.described import Reader, Shape, Word, described
from streamprocessor.contract.strict_yaml.located import Fields, LocatedNode
from streamprocessor.contract.strict_yaml.scalars import count, duration_ms, event_path, flag, nano, points_e15
from streamprocessor.scoring.model.rules import Band, Limit

NO_POINTS = 0
"""Stands in for points that can't be read."""

# ---- limits --------------------------------------------------------------------------------------------------------

_ONCE = Word("once", Reader(flag, {"const": True}))
_COUNT, _PER, _WITHIN, _POINTS = (
    Word("count", count),
    Word("per", event_path),
    Word("within", duration_ms),
    Word("points", nano),
)
_LIMIT_ON_MATCHES = Shape(
    _ONCE,
    _COUNT,
    _PER,
    _WITHIN,
    _POINTS,
    description="How often, and how much, a rule counts. May be combined.",
    also={
        "minProperties": 1,
        "dependentRequired": {_PER: [_COUNT], _WITHIN: [_COUNT]},
        "dependentSchemas": {_ONCE: {"not": {"required": [_COUNT]}}},
    },
)
_POINTS_NEEDED = Word("points", nano, required=True)
_LIMIT_ON_POINTS = Shape(_POINTS_NEEDED)


@described(_LIMIT_ON_MATCHES.schema, "limit")
def limit_on_matches(located: LocatedNode) -> Limit:
    """The limit of a rule whose matches are counted; notes words that contradict each other."""
    fields = _LIMIT_ON_MATCHES.fields(located)
    if not fields.entries:
        located.refuse("once, count or points")
    if _ONCE in fields:
        if not _ONCE.of(fields, True):
            fields.entries[_ONCE].note("wanted true, or nothing for any number of times; got false")
        if others := [word for word in (_COUNT, _PER, _WITHIN) if word in fields]:
            located.note(f"'once' stands for count 1 for ever; wanted it without {', '.join(others)}; got both")
    elif _COUNT not in fields and (_PER in fields or _WITHIN in fields):
        located.note("'per' and 'within' say how 'count' counts; wanted 'count' beside them; got none")
    return Limit(
        count=1 if _ONCE in fields else _COUNT.of(fields, None),
        per=_PER.of(fields, None),
        within_ms=_WITHIN.of(fields, None),
        points_nano=_POINTS.of(fields, None),
    )


@described(_LIMIT_ON_POINTS.schema, "points_limit")
def limit_on_points(located: LocatedNode) -> Limit:
    """The limit of what can only be limited in points."""
    return Limit(points_nano=_POINTS_NEEDED.of(_LIMIT_ON_POINTS.fields(located), None))


# ---- bands ---------------------------------------------------------------------------------------------------------


class BandWords:
    """The words by which a rule says its bands: a list of them, or the mark and points of the only one."""

    def __init__(self, mark: str, read_mark: Reader[int]) -> None:
        """Read bands that begin with what stands under `mark`, such as at_least."""
        self.mark = Word(mark, read_mark)
        self.points = Word("points", points_e15)
        self._needed_mark = Word(mark, read_mark, required=True)
        self._needed_points = Word("points", points_e15, required=True)
        self._band = Shape(self._needed_mark, self._needed_points)
        self.bands = Word("bands", Reader(self._read_bands, {"type": "array", "minItems": 1, "items": self._band}))
        self.also = {
            "oneOf": [
                {
                    "required": [self.bands],
                    "not": {"anyOf": [{"required": [self.mark]}, {"required": [self.points]}]},
                },
                {"required": [self.mark, self.points]},
            ]
        }
        """What holds between the words, in JSON Schema."""

    def of(self, fields: Fields) -> tuple[Band, ...]:
        """The rule's bands, in rising order of marks; raises ReadError where both ways are taken."""
        if self.bands not in fields:
            return (self._band_of(fields, 1),)
        if own := [word for word in (self.mark, self.points) if word in fields]:
            expected = f"bands or {self.mark} and points"
            fields.located.fail(f"wanted {expected}; got bands and {', '.join(own)}")
        return self.bands.of(fields, ())

    def _band_of(self, fields: Fields, stand_in: int) -> Band:
        return Band(self._needed_mark.of(fields, stand_in), self._needed_points.of(fields, NO_POINTS))

    def _read_bands(self, located: LocatedNode) -> tuple[Band, ...]:
        bands: list[Band] = []
        for inner in located.items(f"a list of bands, each with {self.mark} and points"):
            band = self._band_of(self._band.fields(inner), 0)
            if bands and 0 < band.mark <= bands[-1].mark:
                inner.note(f"wanted bands in rising order of {self.mark}; got one that does not rise")
            bands.append(band)
        return tuple(bands)
