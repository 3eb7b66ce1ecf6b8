"""A Java that does what a test says, in place of a broker."""

import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streamprocessor.kafka.embedded.runtime import Runtime

# What each program knows: its arguments, the folder of the node it is to run, the options by name.
PROLOGUE = """#!{python} -IS
import os, pathlib, signal, sys, time
settings = pathlib.Path(sys.argv[-1].removeprefix("--config="))
folder = settings.parent
options = dict(word.split("=", 1) for word in sys.argv if word.startswith("-XX:") and "=" in word)
with (pathlib.Path(__file__).parent / "runs").open("a") as runs:
    runs.write(("format" if "format" in sys.argv else "broker") + "\\n")
if "format" in sys.argv:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "meta.properties").write_text("")
    sys.exit()

def ready():
    (folder / "kafka.log").open("a").write("INFO Kafka Server started\\n")

"""


@pytest.fixture
def java_that(tmp_path: Path) -> Callable[[str], Runtime]:
    """Makes a runtime whose broker does what the program says; see PROLOGUE for what it may use."""

    def make(program: str) -> Runtime:
        folder = tmp_path / "java"
        folder.mkdir(exist_ok=True)
        java = folder / "java"
        java.write_text(PROLOGUE.format(python=sys.executable) + program + "\n")
        java.chmod(java.stat().st_mode | stat.S_IEXEC)
        return Runtime(java=java, jars=())

    return make
