"""What the audit calls building into another package, and when it complains."""

from pathlib import Path

import pytest

from tests.audit.exact_pins import Intrusion, audit, complaints, exactly_pinned, intrusions

SUBCLASSES = {
    "import uvicorn\nclass Server(uvicorn.Server): ...": "uvicorn.Server",
    "from uvicorn.config import Config\nclass Ours(Config): ...": "uvicorn.config.Config",
    "from uvicorn.protocols import http as h\nclass Ours(h.Protocol): ...": "uvicorn.protocols.http.Protocol",
    "import uvicorn.config as c\nclass Ours(c.Config): ...": "uvicorn.config.Config",
    "import uvicorn.config\nclass Ours(uvicorn.config.Config): ...": "uvicorn.config.Config",
    "from uvicorn import Box\nclass Ours(Box[int], list[int]): ...": "uvicorn.Box",
}


@pytest.mark.parametrize(("source", "name"), SUBCLASSES.items())
def test_a_subclass_of_another_package_is_an_intrusion(source: str, name: str) -> None:
    assert list(intrusions(source, "a.py")) == [Intrusion("a.py:2", name)]


@pytest.mark.parametrize("name", ["faust._cython", "faust.streams._CStreamIterator"])
def test_a_private_name_that_is_imported_is_an_intrusion(name: str) -> None:
    module, last = name.rsplit(".", 1)
    assert list(intrusions(f"from {module} import {last}", "a.py")) == [Intrusion("a.py:1", name)]


@pytest.mark.parametrize(
    "source",
    [
        "class Ours(dict): ...",
        "import enum\nclass Ours(enum.StrEnum): ...",
        "from streamprocessor.errors import StreamError\nclass Ours(StreamError): ...",
        "from __future__ import annotations\nfrom os import _exit",
        "import uvicorn\nserver = uvicorn.Server()",
    ],
)
def test_our_own_names_pythons_and_plain_use_are_none(source: str) -> None:
    assert list(intrusions(source, "a.py")) == []


def test_only_one_version_is_an_exact_pin() -> None:
    assert exactly_pinned(["Aio.Kafka==0.14.0", "a>=1", "b==1.*,!=1.2", "c", "d==2; python_version > '3'"]) == {
        "aio-kafka",
        "d",
    }


def test_a_package_that_may_change_is_named_with_the_place_that_builds_on_it() -> None:
    places = [Intrusion("a.py:2", "uvicorn.Server"), Intrusion("a.py:9", "click.Group")]

    assert complaints(places, {"click"}, ()) == [
        "a.py:2 builds on uvicorn.Server: wanted uvicorn pinned with == in pyproject.toml"
    ]
    assert complaints(places, {"uvicorn"}, {"click.Group"}) == []


def test_an_exception_that_nothing_needs_is_named(tmp_path: Path) -> None:
    (tmp_path / "product").mkdir()
    (tmp_path / "product" / "a.py").write_text("import click\nclass Ours(click.Group): ...\n")
    project = {
        "project": {"dependencies": ["click"]},
        "tool": {"exact-pins": {"made_to_be_subclassed": ["click.Group", "click.Option"]}},
    }

    assert audit(tmp_path / "product", project) == [
        "pyproject.toml: click.Option is made to be subclassed, and subclassed nowhere"
    ]
