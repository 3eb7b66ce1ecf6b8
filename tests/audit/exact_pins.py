"""`python -m tests.audit.exact_pins`: whatever package we build into is pinned to the version that was read.

A class of another package that is subclassed, or a private name of it that is imported, may change with any release.
Classes that are made to be subclassed are listed in pyproject.toml, under `tool.exact-pins`. Private attributes of
others' objects are ruff's (SLF001), which allows them in the engine's modules only.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PRODUCT = "streamprocessor"


class Intrusion(NamedTuple):
    """A place in our code that builds into another package: where it stands, and the dotted name that it takes."""

    place: str
    name: str


def intrusions(source: str, file: str) -> Iterator[Intrusion]:
    """Each class of another package that is subclassed in the module, and each private name that it imports."""
    statements = list(_statements(ast.parse(source, file)))
    imports = _imported_names(statements)
    for node in statements:
        if isinstance(node, ast.ClassDef):
            names = [_dotted_name(base, imports) for base in node.bases]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [name for name in _names_of(node).values() if any(map(_is_private, name.split(".")))]
        else:
            continue
        yield from (Intrusion(f"{file}:{node.lineno}", name) for name in names if _is_foreign(name))


def exactly_pinned(requirements: Collection[str]) -> set[str]:
    """The canonical names of the distributions that are required as `==` one version."""
    parsed = map(Requirement, requirements)
    return {canonicalize_name(each.name) for each in parsed if [part.operator for part in each.specifier] == ["=="]}


def complaints(places: Iterable[Intrusion], pins: Collection[str], made_for_it: Collection[str]) -> list[str]:
    """A sentence for each intrusion into a package that may change under it.

    pins: canonical names of the distributions that can't. made_for_it: dotted names of classes for subclassing.
    """
    distributions = packages_distributions()
    sentences = []
    for place, name in places:
        owners = {canonicalize_name(each) for each in distributions.get(name.split(".")[0], [])}
        if name not in made_for_it and owners.isdisjoint(pins):
            wanted = " or ".join(sorted(owners)) or "its package"
            sentences.append(f"{place} builds on {name}: wanted {wanted} pinned with == in pyproject.toml")
    return sentences


def _statements(block: ast.AST) -> Iterator[ast.AST]:
    """All statements below a node; not their expressions, which are ten times as many."""
    for part in ("body", "handlers", "orelse", "finalbody", "cases"):
        for statement in getattr(block, part, ()):
            yield statement
            yield from _statements(statement)


def _imported_names(statements: Iterable[ast.AST]) -> dict[str, str]:
    """What each name that the module imports stands for, dotted."""
    names: dict[str, str] = {}
    for node in statements:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= _names_of(node)
    return names


def _names_of(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    if isinstance(node, ast.ImportFrom):
        return {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    packages = {each.name.split(".")[0] for each in node.names if not each.asname}
    return {package: package for package in packages} | {each.asname: each.name for each in node.names if each.asname}


def _dotted_name(base: ast.expr, imports: Mapping[str, str]) -> str:
    """The base class as its package names it; "" where it is no imported name."""
    if isinstance(base, ast.Subscript):
        return _dotted_name(base.value, imports)
    if isinstance(base, ast.Attribute):
        owner = _dotted_name(base.value, imports)
        return owner and f"{owner}.{base.attr}"
    return imports.get(base.id, "") if isinstance(base, ast.Name) else ""


def _is_private(word: str) -> bool:
    return word.startswith("_") and not word.startswith("__")


def _is_foreign(name: str) -> bool:
    """True for a name of a package that is neither ours nor Python's."""
    package = name.split(".")[0]
    return bool(package) and package != PRODUCT and package not in sys.stdlib_module_names


def audit(product: Path, project: Mapping[str, Any]) -> list[str]:
    """All complaints about the modules of a package, by its parsed pyproject.toml."""
    places = [
        each
        for file in sorted(product.rglob("*.py"))
        for each in intrusions(file.read_text(), str(file.relative_to(product.parent)))
    ]
    made_for_it = project["tool"]["exact-pins"]["made_to_be_subclassed"]
    unused = set(made_for_it) - {each.name for each in places}
    return [
        *complaints(places, exactly_pinned(project["project"]["dependencies"]), made_for_it),
        *(f"pyproject.toml: {name} is made to be subclassed, and subclassed nowhere" for name in sorted(unused)),
    ]


if __name__ == "__main__":
    sys.exit("\n".join(audit(ROOT / PRODUCT, tomllib.loads((ROOT / "pyproject.toml").read_text()))) or 0)
