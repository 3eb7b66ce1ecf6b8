"""The operations of an OpenAPI description, each tried with requests made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.harness.example_share import share

CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


def each_operation(schema: Any) -> pytest.MarkDecorator:
    """A test of each operation of a schema of Schemathesis's, as its parameter `operation`."""
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return pytest.mark.parametrize("operation", found, ids=lambda operation: operation.label)


def answers_as_described(operation: Any, addresses: Sequence[str], headers: dict[str, str]) -> None:
    """Send what Schemathesis makes of an operation to each address; fails where an answer is not among the described.

    Its own `schema.parametrize()` makes all requests where tests are collected: seconds, in each process that does.
    """

    @settings(share(5), suppress_health_check=list(HealthCheck))
    def answered(case: schemathesis.Case[Any]) -> None:
        for address in addresses:
            case.call_and_validate(base_url=address, headers=headers, checks=CHECKS, timeout=20)

    build_operation_test(
        config=operation.schema.config,
        operation=operation,
        test_func=answered,
        given_kwargs={},
        feedback=FeedbackSources(),
    )()
