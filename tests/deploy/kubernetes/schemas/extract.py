"""Makes the small JSON Schemas of this folder from the large ones of their projects: README.md says of which.

python tests/deploy/kubernetes/schemas/extract.py core FOLDER     # kubernetes-validate's v1.37.0-local-strict
python tests/deploy/kubernetes/schemas/extract.py crd FILE...     # CustomResourceDefinitions
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

HERE = Path(__file__).parent
#: The kinds that deploy/ has, by the files of kubernetes-validate.
CORE = {
    "ConfigMap": "configmap-v1",
    "Job": "job-batch-v1",
    "NetworkPolicy": "networkpolicy-networking-v1",
    "PodDisruptionBudget": "poddisruptionbudget-policy-v1",
    "Service": "service-v1",
    "ServiceAccount": "serviceaccount-v1",
    "StatefulSet": "statefulset-apps-v1",
}
_DEFINITIONS = "/api/_definitions.json#/$defs/"
_NOT_CHECKED = ("description", "x-kubernetes-validations", "status")


def core(folder: Path) -> None:
    """One file for the kinds of Kubernetes itself, each under its name, with what they share."""
    definitions = json.loads((folder / "_definitions.json").read_text())["$defs"]
    kinds = {kind: _bare(json.loads((folder / f"{file}.json").read_text())) for kind, file in CORE.items()}
    shared: dict[str, Any] = {}
    names = _referred(kinds)
    while names:
        name = names.pop()
        if name not in shared:
            shared[name] = _bare(definitions[name])
            names |= _referred(shared[name])
    _write(HERE / "kubernetes-1.37.json", {"$defs": kinds | shared})


def crd(files: list[Path]) -> None:
    """One file for each definition: the schema of its newest served version, without words, refusing unknown fields."""
    for file in files:
        spec = YAML(typ="safe", pure=True).load(file.read_text())["spec"]
        version = [each for each in spec["versions"] if each["served"]][-1]
        kind, api = spec["names"]["kind"], f"{spec['group']}/{version['name']}"
        schema = _strict(_bare(version["schema"]["openAPIV3Schema"]))
        schema["properties"] |= {"apiVersion": {"const": api}, "kind": {"const": kind}}
        schema["required"] = ["apiVersion", "kind", "metadata", "spec"]
        _write(HERE / f"{kind}.json", schema)


def _bare(part: Any, is_names: bool = False) -> Any:
    """The part without what no check reads. is_names: its words are names of fields, not the schema's own."""
    if isinstance(part, dict):
        return {
            word: value.replace(_DEFINITIONS, "#/$defs/") if word == "$ref" else _bare(value, word == "properties")
            for word, value in part.items()
            if is_names or word not in _NOT_CHECKED
        }
    return [_bare(item) for item in part] if isinstance(part, list) else part


def _referred(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"].removeprefix("#/$defs/")} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(_referred(value) for value in part.values()))
    return set[str]().union(*(_referred(item) for item in part)) if isinstance(part, list) else set()


def _strict(part: Any, is_names: bool = False) -> Any:
    """The part with objects that say their fields refusing all others, and integers or texts as Kubernetes has them."""
    if isinstance(part, list):
        return [_strict(item) for item in part]
    if not isinstance(part, dict):
        return part
    made = {word: _strict(value, word == "properties") for word, value in part.items()}
    if is_names:
        return made
    if made.get("x-kubernetes-int-or-string"):
        made["type"] = ["integer", "string"]
    is_open = made.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in made
    if made.get("type") == "object" and made.get("properties") and not is_open:
        made["additionalProperties"] = False
    return made


def _write(file: Path, schema: dict[str, Any]) -> None:
    file.write_text(json.dumps(schema, separators=(",", ":"), sort_keys=True) + "\n")


if __name__ == "__main__":
    what, *paths = sys.argv[1:]
    core(Path(paths[0])) if what == "core" else crd([Path(path) for path in paths])
