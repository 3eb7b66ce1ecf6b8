"""Tracing as the settings have it: off, unless they name somebody who takes spans."""

from __future__ import annotations

from streamprocessor.errors import OperatorError
from streamprocessor.process.telemetry.spans import TRACING_OFF, Tracing


def open_tracing(endpoint: str, process: str) -> Tracing:
    """Tracing to an OTLP endpoint over HTTP; "": off. process: which of ours this is.

    Raises OperatorError where the extra `otlp` is not installed.
    """
    if not endpoint:
        return TRACING_OFF
    try:
        from streamprocessor.process.telemetry.otlp import OtlpTracing
    except ImportError as error:
        message = (
            f"STREAMPROCESSOR_OTLP_ENDPOINT: wants the extra otlp, of which {error.name} is missing: "
            "pip install 'streamprocessor[otlp]'"
        )
        raise OperatorError(message) from error
    return OtlpTracing(endpoint, process)
