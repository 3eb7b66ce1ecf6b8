"""A model's text with edits made in it."""

from __future__ import annotations

from collections.abc import Iterable

from streamprocessor.contract.model_file.editing.edits import Edit
from streamprocessor.contract.model_file.editing.operations import apply_edit
from streamprocessor.contract.model_file.editing.source import place_of
from streamprocessor.contract.model_file.editing.splices import Rewriting, spliced
from streamprocessor.contract.model_file.editing.values import EditError, Value, fingerprint, values_of
from streamprocessor.contract.strict_yaml.document import MAX_CHARS
from streamprocessor.contract.strict_yaml.located import Problems, ReadError
from streamprocessor.contract.strict_yaml.yaml_tree import read_tree


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made one after the other; what none of them concerns stays as it is written.

    text: of a model, which need not be valid yet; an empty one becomes a model. Raises EditError, with nothing done,
    where the text is no YAML, an edit can't be made in it, or the result would be longer than MAX_CHARS.
    """
    before = model_values(text)
    wanted = before
    for edit in edits:
        wanted = apply_edit(wanted, edit)
    return rewritten(text, wanted)


def rewritten(text: str, wanted: Value) -> str:
    """The text that says what is wanted, with no more changed than that needs; raises as `edited` does."""
    place = place_of(text) if _says_something(text) else None
    way = Rewriting(text, "\r\n" if "\r\n" in text else "\n")
    result = spliced(text, way.document(place, wanted)) if wanted else text if place is None else ""
    if len(result) > MAX_CHARS:
        message = f"the model: wanted at most {MAX_CHARS} characters; got {len(result)}"
        raise EditError(message)
    _check(result, wanted)
    return result


def model_values(text: str) -> dict[str, Value]:
    """What the text says; nothing where it is empty. Raises EditError where it is no YAML mapping."""
    if len(text) > MAX_CHARS:
        message = f"the model: wanted at most {MAX_CHARS} characters; got {len(text)}"
        raise EditError(message)
    if not _says_something(text):
        return {}
    problems = Problems("the model")
    try:
        values = values_of(read_tree(text, problems))
    except ReadError as error:
        message = f"line {error.line}: {error.sentence}: mend it in the text first"
        raise EditError(message) from error
    if problems.notes:
        line, sentence = problems.notes[0]
        message = f"line {line}: {sentence}: mend it in the text first"
        raise EditError(message)
    if not isinstance(values, dict):
        message = "the model: wanted a mapping of words; got another value: mend it in the text first"
        raise EditError(message)
    return values


def _says_something(text: str) -> bool:
    return any(line.strip() and not line.lstrip().startswith("#") for line in text.lstrip("\ufeff").splitlines())


def _check(result: str, wanted: Value) -> None:
    """Raise EditError where the text does not say what is wanted: it was written in a way that is not known here."""
    values = model_values(result)
    if fingerprint(values) != fingerprint(wanted) or _score_names(values) != _score_names(wanted):
        message = "the model: wanted a text in the usual style; got one that can't be edited here: edit the text itself"
        raise EditError(message)


def _score_names(values: Value) -> list[str]:
    """In their order, which says something."""
    scores = values.get("scores")
    return list(scores) if isinstance(scores, dict) else []
