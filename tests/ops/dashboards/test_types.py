"""The dashboards are what Grafana's own types allow, in the version that docker-compose.yml runs."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.grafana.definitions.__main__ import texts
from tests.harness.clients import NPM

pytestmark = [
    pytest.mark.ops,
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node and npm for TypeScript"),
]

TYPES = Path(__file__).parent / "types"
COMPILE = [
    *("node_modules/.bin/tsc", "--noEmit", "--strict", "--skipLibCheck"),
    *("--target", "es2022", "--module", "esnext", "--moduleResolution", "node10"),
]


def test_dashboards_are_of_grafanas_types_and_one_with_a_typo_is_not(tmp_path: Path) -> None:
    shutil.copytree(TYPES, tmp_path, dirs_exist_ok=True)
    subprocess.run(NPM, cwd=tmp_path, check=True, timeout=300)
    boards: dict[str, Any] = {name.removesuffix(".json"): json.loads(text) for name, text in texts().items()}
    boards["typo"] = json.loads(texts()["leadscore-well.json"])
    number = next(panel for panel in boards["typo"]["panels"] if panel["type"] == "stat")
    number["options"]["graphMode"] = "areaa"
    for name, board in boards.items():
        source = (
            f'import type {{ PlainDashboard }} from "./plain";\nexport const it: PlainDashboard = {json.dumps(board)};'
        )
        (tmp_path / f"{name}.ts").write_text(source)

    done = subprocess.run(
        [*COMPILE, *(f"{name}.ts" for name in boards)], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    (error,) = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert error.startswith("typo.ts")
    assert "areaa" in error
