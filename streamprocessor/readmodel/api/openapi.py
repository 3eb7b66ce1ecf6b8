"""What describes the API to programs: OpenAPI 3.1, as FastAPI makes it of the routes, with examples and refusals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi.openapi.utils import get_openapi

from streamprocessor.contract.strict_yaml.located import Problems
from streamprocessor.contract.strict_yaml.yaml_tree import json_values, read_tree
from streamprocessor.contract.topics.schemas import components_of
from streamprocessor.process.http.connection import OWN_ANSWERS
from streamprocessor.readmodel.api.application import ROUTES
from streamprocessor.readmodel.endpoints.drafts.written import GENERATE
from streamprocessor.readmodel.problem import ProblemBody
from streamprocessor.readmodel.requests.sessions import COOKIE

EXAMPLES = Path(__file__).with_name("examples.yaml")
_JSON = "application/json"
_REFUSALS = {
    "400": "A parameter or the body is not as it must be.",
    "401": "No token, or one that is not known.",
    "403": "The token has not the scope, or a session's request is not from its own page.",
    "404": "There is no such thing.",
    "405": "The path has other methods than this one.",
    "409": "Something that is there already stands against it: a model, a file or an import under way.",
    "413": "The body is too large.",
    "422": "The text can't be a model; `problems` says why, line by line.",
    "429": "Too many wrong tokens came from this address; Retry-After says when another is looked at.",
    "503": "The database, Kafka or delivery is away, or too many ask; Retry-After says when.",
}
_SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
}


def openapi(version: str, subscription: Mapping[str, Any]) -> dict[str, Any]:
    """The description. subscription: the JSON Schema of the subscriptions topic."""
    description = get_openapi(title="streamprocessor api", version=version, routes=ROUTES)
    examples = json_values(read_tree(EXAMPLES.read_text(encoding="utf-8"), Problems(EXAMPLES.name)))
    for operation in _operations(description):
        _complete(operation, examples.get(operation["operationId"].removesuffix("_by_query"), {}))
    components = description["components"]
    components["schemas"] |= {"ProblemBody": ProblemBody.model_json_schema(mode="serialization")}
    components["schemas"] |= components_of("SubscriptionWritten", subscription)
    _let_secrets_be_made(components["schemas"]["SubscriptionWritten"])
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["securitySchemes"] = _SECURITY_SCHEMES
    return description | {"security": [{name: []} for name in _SECURITY_SCHEMES]}


def _let_secrets_be_made(written: dict[str, Any]) -> None:
    """Say that what clients write may ask for a secret, which the topic never does."""
    asked = {"description": "Delivery makes one and keeps it; the answer tells it, once.", "const": GENERATE}
    written["properties"]["secrets"] = {"anyOf": [written["properties"]["secrets"], asked]}


def _operations(description: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in description["paths"].values() for operation in path.values()]


def _complete(operation: dict[str, Any], example: Mapping[str, Any]) -> None:
    """Add what FastAPI does not know of an operation: its examples, and what refusals look like."""
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = schema = _without_null(parameter["schema"])
        if "description" in schema:
            parameter["description"] = schema["description"]
    responses = operation["responses"]
    responses.pop("422", None)  # a shape that is not as it must be is a 400 here
    for response in responses.values():
        if _JSON in response["content"] and "answer" in example:  # else its route has it
            response["content"][_JSON]["example"] = example["answer"]
    if _JSON in (body := operation.get("requestBody", {"content": {}})["content"]) and "body" in example:
        body[_JSON]["example"] = example["body"]
    schema = {"$ref": "#/components/schemas/ProblemBody"}
    for status, text in _REFUSALS.items():
        responses[status] = {"description": text, "content": {"application/problem+json": {"schema": schema}}}
    for status, text in OWN_ANSWERS.items():
        responses[status] = {"description": text}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter: what is not there is no null in a query."""
    options: list[dict[str, Any]] = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) != 1:
        return schema
    return options[0] | {word: value for word, value in schema.items() if word != "anyOf"}
