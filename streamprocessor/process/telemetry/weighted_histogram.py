"""A histogram that takes many observations at once, at the cost of a few: one that counts events, a batch at a time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar
from prometheus_client.utils import floatToGoString


class WeightedHistogram(Collector):
    """Counts of observations, by buckets.

    bounds: of the buckets, rising; one more takes what is above them.
    """

    def __init__(self, name: str, documentation: str, bounds: Sequence[float], registry: CollectorRegistry) -> None:
        self._name = name
        self._documentation = documentation
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._exemplars: list[Exemplar | None] = [None] * (len(bounds) + 1)
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The histogram as it is."""
        family = HistogramMetricFamily(self._name, self._documentation)
        total, buckets = 0, list[Any]()  # an exemplar may be None, which the family's types do not say
        names = (*map(floatToGoString, self._bounds), "+Inf")
        for name, count, exemplar in zip(names, self._counts, self._exemplars, strict=True):
            total += count
            buckets.append((name, total, exemplar))
        family.add_metric([], buckets, self._sum)
        return [family]

    def observe_falling(self, value_at: Callable[[int], float], first: int, last: int) -> None:
        """Observe the values at `first` up to, and without, `last`, which fall, or nearly do.

        Where both ends lie in one bucket so does all that lies between, and sums up as if it fell evenly.
        """
        highest, lowest = value_at(first), value_at(last - 1)
        bucket = bisect_left(self._bounds, highest)
        if bucket == bisect_left(self._bounds, lowest):
            self._counts[bucket] += last - first
            self._sum += (highest + lowest) / 2 * (last - first)
            return
        middle = (first + last) // 2
        self.observe_falling(value_at, first, middle)
        self.observe_falling(value_at, middle, last)

    def exemplify(self, value: float, labels: Mapping[str, str], at_seconds: float) -> None:
        """Show the value, which was observed, as an example of its bucket. at_seconds: since the epoch."""
        self._exemplars[bisect_left(self._bounds, value)] = Exemplar(dict(labels), value, at_seconds)
