"""Makes the Helm chart of the manifests in deploy/kubernetes: `make manifests`.

What an installation may set is the table in chart_values.py; the defaults in values.yaml are what stands in the
manifests. All else of the templates is the manifests themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from deploy.helm.chart_values import (
    COMMENTS,
    CONDITIONS,
    IF_ANY,
    MORE,
    OTHERS,
    SET,
    SETUP,
    TEMPLATES,
    VALUES,
    Condition,
    Keys,
    Template,
    Value,
)
from deploy.kubernetes.manifests import DEPLOY, RULES, release, write

CHART = Path("helm/streamprocessor")
KUBERNETES = DEPLOY / "kubernetes"
_IMAGE = '{{ include "streamprocessor.image" . }}'
_EXTRA = """\
{{- range .Values.extraObjects }}
---
{{ toYaml . }}
{{- end }}
"""
#: Rules have expressions of Prometheus that look like those of Helm, so they are put in as they are.
_RULE = """\
{{- if .Values.monitoring.enabled }}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: streamprocessor
  labels: {app.kubernetes.io/name: streamprocessor}
spec:
{{ .Files.Get "files/rules.yml" | indent 2 }}
{{- end }}
"""
_MODEL = '{{ .Values.model | default (.Files.Get "files/scoring.yaml") | toJson }}'
_CHECKSUM = "{{ toJson .Values.settings | sha256sum }}"


def chart_files() -> dict[Path, str]:
    """The chart's files that are made, with their text, by their places in deploy/."""
    defaults: dict[str, Any] = dict(OTHERS)
    templates = {Path(each.path).name: _template(each, defaults) for each in TEMPLATES}
    templates["settings.yaml"] = _filled([_settings()], defaults)
    templates["extra-objects.yaml"] = _EXTRA
    templates["prometheus-rule.yaml"] = _RULE
    return {
        CHART / "Chart.yaml": _CHART.format(version=release()),
        CHART / "values.yaml": _values_text(_nested(defaults)),
        CHART / "values.schema.json": json.dumps(_schema_of(defaults), indent=2) + "\n",
        CHART / "files/scoring.yaml": (DEPLOY / "scoring.yaml").read_text(),
        CHART / "files/rules.yml": RULES.read_text(),
        **{CHART / "templates" / name: _HEADING + text for name, text in sorted(templates.items())},
    }


#: bool is an int in Python, so it comes first.
_TYPES = {bool: "boolean", int: "integer", str: "string", list: "array", dict: "object"}
_HEADING = "{{- /* Made of deploy/kubernetes by `make manifests`. */}}\n"
_CHART = """\
# Made of deploy/kubernetes by `make manifests`.
apiVersion: v2
name: streamprocessor
description: Real-time contact scoring on Kafka
type: application
version: {version}
appVersion: {version}
kubeVersion: ">=1.30.0-0"
"""


def _settings() -> CommentedMap:
    lines = (KUBERNETES / "base" / "settings.env").read_text().splitlines()
    data = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    metadata = {"name": "streamprocessor-settings", "labels": {"app.kubernetes.io/name": "streamprocessor"}}
    return CommentedMap({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})


def _template(template: Template, defaults: dict[str, Any]) -> str:
    documents = list(_yaml().load_all((KUBERNETES / template.path).read_text()))
    text = _filled(documents, defaults)
    return f"{{{{- if .Values.{template.only_if} }}}}\n{text}{{{{- end }}}}\n" if template.only_if else text


def _filled(documents: list[Any], defaults: dict[str, Any]) -> str:
    """The manifests with expressions of Helm where values go; what stood there goes into defaults."""
    marks: dict[str, Value | Condition] = {}
    for document in documents:
        _common(document)
        resource = f"{document['kind']}/{document['metadata']['name']}"
        for value in VALUES:
            if value.resource == resource:
                mark = f"mark-{len(marks)}-mark"
                marks[mark] = value
                defaults[value.name] = _marked(document, value, mark)
        for condition in CONDITIONS:
            if condition.resource == resource:
                mark = f"mark-{len(marks)}-mark"
                marks[mark] = condition
                _surround(document, condition.keys, mark)
        if resource == SETUP:
            document["metadata"]["name"] += "-{{ .Release.Revision }}"  # a Job can't be changed
    text = StringIO()
    _yaml().dump_all(documents, text)
    return "".join(_expressed(line, marks) for line in text.getvalue().splitlines(keepends=True))


def _common(document: Any) -> None:
    """Fill in what every manifest has alike: images, the settings' checksum, Strimzi's cluster, the model's text."""
    kind, metadata = document["kind"], document["metadata"]
    if kind in ("KafkaTopic", "KafkaUser"):
        metadata["labels"]["strimzi.io/cluster"] = "{{ .Values.strimzi.cluster }}"
    if metadata["name"] == "streamprocessor-model":
        document["data"] = {"scoring.yaml": _MODEL}
    if kind in ("StatefulSet", "Job"):
        template = document["spec"]["template"]
        if kind == "StatefulSet":
            template["metadata"]["annotations"] = {"checksum/settings": _CHECKSUM}
        for container in (*template["spec"].get("initContainers", ()), *template["spec"]["containers"]):
            container["image"], container["imagePullPolicy"] = _IMAGE, "{{ .Values.image.pullPolicy }}"


def _marked(document: Any, value: Value, mark: str) -> Any:
    """Put the mark where the value goes; the value's default."""
    *path, last = value.keys
    place = _at(document, path)
    if value.form == SET:
        default, place[last] = place[last], mark
        return default
    if value.form == MORE:
        place[last].append(mark)
    else:
        place.insert(0, last, mark)
    return value.default


def _surround(document: Any, keys: Keys, mark: str) -> None:
    *path, last = keys
    place = _at(document, path)
    position = list(place).index(last)
    place.insert(position + 1, f"{mark}-end", mark)
    place.insert(position, f"{mark}-begin", mark)


def _at(document: Any, path: Iterable[str | int]) -> Any:
    for key in path:
        document = document[key]
    return document


def _expressed(line: str, marks: Mapping[str, Value | Condition]) -> str:
    """The line of YAML with the expression of Helm in the place of its mark, if there is one."""
    line = re.sub(r"'({{ .+? }})'", r"\1", line)
    found = re.search(r"mark-\d+-mark", line)
    if found is None:
        return line
    mark, indent = found.group(), len(line) - len(line.lstrip())
    what = marks[mark]
    if isinstance(what, Condition):
        return f"{{{{- if {what.expression} }}}}\n" if "-begin:" in line else "{{- end }}\n"
    value = f".Values.{what.name}"
    if what.form == MORE:
        return f"{{{{- with {value} }}}}\n{{{{- toYaml . | nindent {indent} }}}}\n{{{{- end }}}}\n"
    if what.form == IF_ANY:
        inner = line.replace(f" {mark}", f" {{{{- toYaml . | nindent {indent + 2} }}}}")
        return f"{{{{- with {value} }}}}\n{inner}{{{{- end }}}}\n"
    return line.replace(mark, f"{{{{ {value} | toJson }}}}")


def _nested(flat: Mapping[str, Any]) -> CommentedMap:
    """Values by names with dots as maps in maps, in the order in which they are named."""
    values = CommentedMap({name: CommentedMap() for name in dict.fromkeys(name.split(".")[0] for name in flat)})
    for name, default in flat.items():
        first, _, rest = name.partition(".")
        if rest:
            values[first][rest] = default
        else:
            values[first] = default
    return values


def _values_text(values: CommentedMap) -> str:
    for name, comment in COMMENTS.items():
        values.yaml_set_comment_before_after_key(name, comment)
    text = StringIO()
    _yaml().dump(values, text)
    return text.getvalue()


def _schema_of(flat: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of values.yaml, by names with dots: a name that is not there is refused, a value by its type."""
    properties: dict[str, Any] = {"global": {"type": "object"}}  # Helm's own, of a chart in a chart
    for name, default in flat.items():
        first, _, rest = name.partition(".")
        if rest:
            group = properties.setdefault(first, {"type": "object", "additionalProperties": False, "properties": {}})
            group["properties"][rest] = {"type": _type_of(default)}
        else:
            properties[first] = {"type": _type_of(default)}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _type_of(default: Any) -> str:
    return next(name for kind, name in _TYPES.items() if isinstance(default, kind))


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 4096
    yaml.preserve_quotes = True  # Helm's reader wants some that this one does not
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


if __name__ == "__main__":
    write(chart_files())
