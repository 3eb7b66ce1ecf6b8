"""Each process says which release it is."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from prometheus_client import CollectorRegistry

from streamprocessor.collector.metrics import Metrics as CollectorMetrics
from streamprocessor.delivery.metrics import Metrics as DeliveryMetrics
from streamprocessor.readmodel.metrics import Metrics as ApiMetrics


@pytest.mark.parametrize("registry", [CollectorMetrics().registry, DeliveryMetrics().registry, ApiMetrics().registry])
def test_a_process_tells_its_release(registry: CollectorRegistry) -> None:
    assert registry.get_sample_value("leadscore_build_info", {"version": version("streamprocessor")}) == 1
