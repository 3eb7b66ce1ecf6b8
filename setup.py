"""What pyproject.toml can't say of a build: the files that come along, and the modules that become machine code."""

import os
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithBundle(build_py):
    """The package with the files that come along, and nothing of an earlier build; editable, it has them beside it."""

    def run(self) -> None:
        """Build it into the folder of the build."""
        if self.editable_mode:
            super().run()
            return
        built = Path(self.build_lib) / "streamprocessor"
        shutil.rmtree(built, ignore_errors=True)
        super().run()
        for file in _bundled_files():
            there = built / "bundle" / file
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, there)


def _bundled_files() -> Iterator[Path]:
    patterns = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["bundle"]["files"]
    for pattern in patterns:
        yield from sorted(Path().glob(pattern))


def _compiled_modules() -> list[Any]:
    """Those that COMPILED_MODULES names, by spaces; none without it."""
    modules = os.environ.get("COMPILED_MODULES", "").split()
    if not modules:
        return []
    from mypyc.build import mypycify

    return mypycify(["--config-file=", "--ignore-missing-imports", *modules])


setup(cmdclass={"build_py": BuildWithBundle}, ext_modules=_compiled_modules())
