"""Resources of Kubernetes as it takes them: their names, and their text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO
from typing import Any

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


def is_resource_name(name: str) -> bool:
    """Whether Kubernetes takes this as a resource's name."""
    return _NAME.fullmatch(name) is not None


def manifest_text(resources: Sequence[dict[str, Any]]) -> str:
    """The resources as YAML documents, the same text for the same resources."""
    from ruamel.yaml import YAML  # takes longer to import than to ask for help, for which names are enough

    yaml = YAML()
    yaml.width = 4096  # a wrapped line would end in a space, and be another in a template
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.ignore_aliases = lambda _: True
    text = StringIO()
    yaml.dump_all(resources, text)
    return text.getvalue()
