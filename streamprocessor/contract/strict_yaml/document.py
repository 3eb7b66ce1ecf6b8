"""A whole file of settings that people write: its text, then one tree, then what it means, or all that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from streamprocessor.contract.strict_yaml.located import LocatedNode, Problems, did_you_mean
from streamprocessor.contract.strict_yaml.yaml_tree import read_tree
from streamprocessor.errors import ModelError, OperatorError

T = TypeVar("T")

MAX_CHARS = 1024 * 1024


def read_text(path: Path, what: str, error_type: type[OperatorError] = OperatorError) -> str:
    """The text of a file in UTF-8; raises the error, naming `what` was wanted, where it can't be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        message = f"{path}: wanted {what} in UTF-8; got no file of that name{_neighbour(path)}"
        raise error_type(message) from error
    except IsADirectoryError as error:
        message = f"{path}: wanted {what} in UTF-8; got a folder: name a file in it"
        raise error_type(message) from error
    except UnicodeDecodeError as error:
        message = f"{path}: wanted {what} in UTF-8; got other bytes, at byte {error.start}: save it as UTF-8"
        raise error_type(message) from error
    except OSError as error:
        message = f"{path}: wanted {what} in UTF-8; got an error: {error}"
        raise error_type(message) from error


def _neighbour(path: Path) -> str:
    """The question whether a file beside it was meant; empty where none has nearly its name."""
    try:
        return did_you_mean(path.name, sorted(each.name for each in path.parent.iterdir()))
    except OSError:
        return ": its folder is not there either"


def read_document(
    text: str,
    source: str,
    where: str,
    read: Callable[[LocatedNode], T],
    error_type: type[OperatorError] = ModelError,
) -> T:
    """What the one YAML document in the text means.

    source: what problems name as their place. where: what the whole is called, such as `the model`.
    read: of the document; it notes problems and may raise ReadError.
    Raises the error with a line for each problem, and where the text is longer than MAX_CHARS.
    """
    if len(text) > MAX_CHARS:
        message = f"{source}: wanted at most {MAX_CHARS} characters; got {len(text)}"
        raise error_type(message)
    problems = Problems(source)
    result = problems.attempt(lambda: read(LocatedNode(read_tree(text, problems), where, problems)), None)
    problems.refuse(error_type)
    assert result is not None
    return result
