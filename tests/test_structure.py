"""The tree keeps its own rules: small modules, small folders, short parameter lists, one name for one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "streamprocessor"
MOST_LINES = 300
MOST_MODULES = 15
MOST_PARAMETERS = 5
ONE_A_PROCESS = {"Metrics"}
"""Class names that each process has for itself, with one meaning."""


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_no_module_is_longer_than_a_reader_holds() -> None:
    long = {name_of(path): lines for path in modules() if (lines := len(path.read_text().splitlines())) > MOST_LINES}
    assert long == {}


def test_no_folder_has_more_modules_than_a_reader_surveys() -> None:
    siblings: dict[str, int] = defaultdict(int)
    for path in modules():
        siblings[str(path.parent.relative_to(PACKAGE))] += 1
    assert {folder: n for folder, n in siblings.items() if n > MOST_MODULES} == {}


def test_no_public_class_name_has_two_meanings() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules():
        for name in _public_types(ast.parse(path.read_text())):
            places[name].append(name_of(path))
    assert {name: there for name, there in places.items() if len(there) > 1 and name not in ONE_A_PROCESS} == {}


def test_no_function_has_more_than_five_parameters() -> None:
    """Commands of the command line aside: click hands each option over as a parameter of its own."""
    over = [
        f"{name_of(path)}:{function.lineno} {function.name}"
        for path in modules()
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and _parameters(function) > MOST_PARAMETERS
        and not any("command" in ast.unparse(decorator) for decorator in function.decorator_list)
    ]
    assert over == []


def test_the_state_of_a_partition_is_written_by_its_own_methods_only() -> None:
    written = [
        f"{name_of(path)}:{node.lineno} {ast.unparse(target)}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and ast.unparse(target.value).split(".")[-1] == "partition"
    ]
    assert written == []


def _public_types(tree: ast.Module) -> Iterator[str]:
    """Classes, and aliases that are spelled as classes are."""
    for node in tree.body:
        match node:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_type_name(name):
                if not ast.unparse(value).startswith("TypeVar("):  # each module has its own
                    yield name
            case ast.AnnAssign(target=ast.Name(id=name)) if _is_type_name(name):
                yield name


def _is_type_name(name: str) -> bool:
    return name[0].isupper() and not name.isupper()


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many a caller may give, without self and cls."""
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])
