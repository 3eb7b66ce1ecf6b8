"""What describes the API to programs: OpenAPI 3.1, made of the endpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from streamprocessor.contract.strict_yaml.located import Problems
from streamprocessor.contract.strict_yaml.yaml_tree import json_values, read_tree
from streamprocessor.contract.topics.schemas import components_of
from streamprocessor.readmodel.api.routes import ENDPOINTS, STREAM_PATH
from streamprocessor.readmodel.endpoints.endpoint import Endpoint, RawBody
from streamprocessor.readmodel.problem import ProblemBody
from streamprocessor.readmodel.requests.sessions import COOKIE

EXAMPLES = Path(__file__).with_name("examples.yaml")
_PLACE = "#/components/schemas/{model}"
_REFUSALS = {
    "400": "A parameter or the body is not as it must be.",
    "401": "No token, or one that is not known.",
    "403": "The token has not the scope, or a session's request is not from its own page.",
    "404": "There is no such thing.",
    "405": "Another method than those of this path.",
    "409": "It can't be so beside what there is.",
    "413": "Too large.",
    "503": "The database, Kafka or delivery is away; Retry-After says when.",
}


def openapi(version: str, subscription: Mapping[str, Any]) -> dict[str, Any]:
    """The description. subscription: the JSON Schema of the subscriptions topic."""
    answers = [(each.answer, "serialization") for each in ENDPOINTS if each.answer is not None]
    bodies = [(each.body, "validation") for each in ENDPOINTS if isinstance(each.body, type)]
    models: Any = dict.fromkeys([*answers, *bodies, (ProblemBody, "serialization")])
    examples = json_values(read_tree(EXAMPLES.read_text(encoding="utf-8"), Problems(EXAMPLES.name)))
    places, definitions = models_json_schema(list(models), ref_template=_PLACE)
    paths: dict[str, Any] = {}
    for endpoint in ENDPOINTS:
        path = endpoint.path.replace(":path", "")
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(
            endpoint, places, examples.get(endpoint.name, {})
        )
    paths[STREAM_PATH] = {"get": _stream()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "streamprocessor api", "version": version},
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"] | components_of("SubscriptionWritten", subscription),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
        "security": [{"bearer": []}, {"session": []}],
    }


def _operation(endpoint: Endpoint, places: Any, example: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, dict[str, Any]]
    if endpoint.answer is None:
        content = {media: {"schema": {"type": "string"}} for media in endpoint.media}
    else:
        schema = places[endpoint.answer, "serialization"]
        content = {"application/json": {"schema": schema, "example": example["answer"]}}
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": f"Wants a token with scope {endpoint.scope}." if endpoint.scope else "Open to all.",
        "parameters": [*_path_parameters(endpoint.path), *_query_parameters(endpoint.query)],
        "responses": {str(endpoint.status): {"description": "Done.", "content": content}} | _refusals(),
    }
    if endpoint.body is not None:
        kinds = (
            endpoint.body.kinds
            if isinstance(endpoint.body, RawBody)
            else {"application/json": places[endpoint.body, "validation"]}
        )
        content = {media: {"schema": schema} for media, schema in kinds.items()}
        if "application/json" in content:
            content["application/json"]["example"] = example["body"]
        operation["requestBody"] = {"required": True, "content": content}
    if endpoint.scope is None:
        operation["security"] = []
    return operation


def _stream() -> dict[str, Any]:
    return {
        "operationId": "stream_hot_leads",
        "summary": "Hot leads as they come, as server-sent events.",
        "description": "Wants a token with scope read. Last-Event-ID goes on after that one.",
        "parameters": [{"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}}],
        "responses": {
            "200": {"description": "It ends never.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
        }
        | _refusals(),
    }


def _refusals() -> dict[str, Any]:
    schema = {"$ref": _PLACE.format(model="ProblemBody")}
    content = {"application/problem+json": {"schema": schema}}
    return {status: {"description": text, "content": content} for status, text in _REFUSALS.items()}


def _path_parameters(path: str) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1}
    names = re.findall(r"{(\w+)(?::path)?}", path)
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _query_parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    schema = model.model_json_schema()
    found = []
    for name, described in schema.get("properties", {}).items():
        some = [option for option in described.get("anyOf", [described]) if option != {"type": "null"}]
        own = {word: value for word, value in described.items() if word not in ("anyOf", "title", "description")}
        merged = (some[0] if len(some) == 1 else {"anyOf": some}) if "anyOf" in described else {}
        shown = {word: value for word, value in (merged | own).items() if value is not None}
        parameter: dict[str, Any] = {"name": name, "in": "query", "schema": shown}
        description = described.get("description") or shown.pop("description", None)
        if description:
            parameter["description"] = description
        found.append(parameter)
    return found
