"""What pyproject.toml can't say of a build: the files that come along, and the modules that become machine code."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from setuptools import setup
from setuptools.command.build_py import build_py

BUNDLED = (
    *("topics/**/*.yaml", "topics/**/*.json", "topics/**/*.md"),
    *("deploy/scoring.yaml", "deploy/demo.yaml", "deploy/demo-inbox.yaml", "deploy/scoring.schema.json"),
    *("deploy/models/**/*.yaml", "deploy/imports/**/*.yaml", "deploy/webhooks/**/*.yaml"),
    *("deploy/settings.example.env", "deploy/inbox.example.yaml", "deploy/subscriptions.example.yaml", "deploy/*.md"),
)
"""What commands read, and what their messages name; streamprocessor/bundled_files.py finds it. In deploy/ itself files
are named one by one: where it is in use it has others, with secrets or people's names in them."""


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
    for pattern in BUNDLED:
        yield from sorted(Path().glob(pattern))


def _compiled_modules() -> list[Any]:
    """Those that COMPILED_MODULES names, by spaces; none without it."""
    modules = os.environ.get("COMPILED_MODULES", "").split()
    if not modules:
        return []
    from mypyc.build import mypycify

    return mypycify(["--config-file=", "--ignore-missing-imports", *modules])


setup(cmdclass={"build_py": BuildWithBundle}, ext_modules=_compiled_modules())
