"""Which templates there are to choose from."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from streamprocessor.contract.subscriptions.references import is_template_file, is_template_name
from streamprocessor.delivery.subscriptions.payload_templates import BUILT_IN

MOST_TEMPLATES = 200
_MOST_FILES = 10_000


def template_names(folder: Path) -> list[str]:
    """The built-in ones, and those of the folder that a subscription may name; at most MOST_TEMPLATES of them.

    Whether a file is a template that can be used is found out when it is.
    """
    built_in = sorted(file.stem for file in BUILT_IN.glob("*.yaml"))
    files = islice(folder.rglob("*.y*ml"), _MOST_FILES) if folder.is_dir() else ()
    names = (file.relative_to(folder).as_posix() for file in files if file.is_file())
    own = sorted(name for name in names if is_template_file(name) and is_template_name(name))
    return [*built_in, *own][:MOST_TEMPLATES]
