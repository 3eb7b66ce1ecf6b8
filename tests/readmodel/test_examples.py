"""The examples of the API's description are what it describes."""

import pytest
from jsonschema import Draft202012Validator

from tests.readmodel.description import DESCRIPTION

CONTENTS = {
    f"{operation['operationId']} {what}": content["application/json"]
    for path in DESCRIPTION["paths"].values()
    for operation in path.values()
    for what, content in (
        ("asks", operation.get("requestBody", {}).get("content", {})),
        *((status, answer.get("content", {})) for status, answer in operation["responses"].items()),
    )
    if "application/json" in content
}


@pytest.mark.parametrize("what", CONTENTS)
def test_each_body_and_each_answer_has_an_example_that_its_schema_holds_of(what: str) -> None:
    content = CONTENTS[what]
    schema = {"components": DESCRIPTION["components"], **content["schema"]}
    errors = [error.message for error in Draft202012Validator(schema).iter_errors(content["example"])]
    assert errors == []


def test_every_endpoint_that_answers_json_is_there() -> None:
    assert len(CONTENTS) >= 30
