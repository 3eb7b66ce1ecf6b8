"""The secrets of the compose files: made once, kept, and taken over from where they stood before."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.test_compose import COMPOSE
from tests.harness.system import ROOT
from tests.harness.yaml_file import read_yaml


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with make-secrets at its place."""
    folder = tmp_path / "deploy" / "compose"
    folder.mkdir(parents=True)
    script = folder / "make-secrets"
    script.write_bytes((ROOT / "deploy" / "compose" / "make-secrets").read_bytes())
    script.chmod(0o755)
    return tmp_path


def make_secrets(tree: Path) -> dict[str, str]:
    subprocess.run([tree / "deploy" / "compose" / "make-secrets"], check=True, capture_output=True, cwd="/")
    return {path.name: path.read_text() for path in (tree / "secrets").iterdir()}


def test_the_secrets_of_the_compose_files_are_made_once_and_nobody_else_can_look_into_their_folder(tree: Path) -> None:
    made = make_secrets(tree)

    assert set(made) == set(read_yaml(COMPOSE)["secrets"])
    assert made["database-url"] == f"postgresql://streamprocessor:{made['postgres-password']}@postgres/streamprocessor"
    assert all(len(made[name]) == 48 for name in ("erasure-salt", "address-salt", "postgres-password"))
    assert os.stat(tree / "secrets").st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tree / "secrets").iterdir()} == {0o444}
    (tree / "secrets" / "grafana-password").unlink()
    again = make_secrets(tree)
    assert {name for name in made if made[name] != again[name]} == {"grafana-password"}


def test_secrets_of_before_are_taken_over(tree: Path) -> None:
    (tree / ".env").write_text(
        "STREAMPROCESSOR_ERASURE_SALT=salt-of-erasures\nexport STREAMPROCESSOR_ADDRESS_SALT='salt of addresses'\n"
        'POSTGRES_PASSWORD="p@ss/wörd"\n'
    )

    made = make_secrets(tree)

    assert made["erasure-salt"] == "salt-of-erasures"
    assert made["address-salt"] == "salt of addresses"
    assert made["database-url"] == "postgresql://streamprocessor:p%40ss%2fw%c3%b6rd@postgres/streamprocessor"


@pytest.mark.parametrize(
    "line",
    [
        'STREAMPROCESSOR_ERASURE_SALT="salt of # erasures"\r\n',
        "STREAMPROCESSOR_ERASURE_SALT='salt of # erasures' # of 2024\n",
        "STREAMPROCESSOR_ERASURE_SALT=another\nSTREAMPROCESSOR_ERASURE_SALT='salt of # erasures'\n",
    ],
)
def test_a_salt_of_before_is_what_compose_read(tree: Path, line: str) -> None:
    (tree / ".env").write_bytes(f"{line}STREAMPROCESSOR_ADDRESS_SALT=a-salt  # with a word on it\r\n".encode())

    made = make_secrets(tree)

    assert made["erasure-salt"] == "salt of # erasures"
    assert made["address-salt"] == "a-salt"


@pytest.mark.parametrize("missing", ["tls-key", "tls-certificate"])
def test_half_of_a_certificate_is_named(tree: Path, missing: str) -> None:
    make_secrets(tree)
    (tree / "secrets" / missing).unlink()

    again = subprocess.run([tree / "deploy" / "compose" / "make-secrets"], capture_output=True, text=True, check=False)

    assert again.returncode == 2
    assert "wanted tls-certificate and tls-key; got one of them" in again.stderr
