"""What is built of the tree is all that a person needs, the same whoever builds it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.harness.system import ROOT

BUNDLE = "streamprocessor/bundle/"
READ_BY_COMMANDS = (
    *("deploy/scoring.yaml", "deploy/demo.yaml", "deploy/demo-inbox.yaml", "deploy/scoring.schema.json"),
    *("deploy/settings.example.env", "deploy/backup.md"),
)
NOT_TO_BE_BUILT = ("tests/", "deploy/grafana/", "deploy/helm/", "deploy/kubernetes/", "deploy/prometheus/")


def git_files(*folders: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def build(kind: str, source: Path, folder: Path) -> Path:
    """What is built of the source, without a network: with the build tools of the tests."""
    command = [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as a person has it who worked in it: with caches, data, and files of their own."""
    if not (ROOT / ".git").exists():
        pytest.skip("no work tree of git here, which says what the wheel must have")
    folder = tmp_path_factory.mktemp("checkout")
    for name in git_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    for left_behind in (
        "streamprocessor/__pycache__/errors.cpython-311.pyc",
        "streamprocessor/bundle/deploy/former.yaml",
        "build/lib/streamprocessor/former.py",
        "deploy/.env",
        "deploy/settings.env",
        "deploy/inbox.yaml",
        "deploy/.streamprocessor/write-keys.yaml",
    ):
        (folder / left_behind).parent.mkdir(parents=True, exist_ok=True)
        (folder / left_behind).write_text("left behind\n")
    return folder


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", checkout, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel_of_sdist(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return build("wheel", source, tmp_path_factory.mktemp("wheel-of-sdist"))


@pytest.fixture(scope="module")
def wheel_of_checkout(sdist: Path, checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert sdist.exists()  # which was built in the same folder before, and left its egg-info there
    return build("wheel", checkout, tmp_path_factory.mktemp("wheel-of-checkout"))


def files_of(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_the_wheel_has_the_package_and_what_comes_along_and_nothing_else(wheel_of_sdist: Path) -> None:
    files = files_of(wheel_of_sdist)
    along = {name.removeprefix(BUNDLE) for name in files if name.startswith(BUNDLE)}

    assert {name for name in files if not name.startswith(BUNDLE)} == set(git_files("streamprocessor"))
    assert along - set(git_files("topics", "deploy")) == set()
    assert along >= {*git_files("topics", "deploy/models", "deploy/imports", "deploy/webhooks"), *READ_BY_COMMANDS}
    assert [name for name in along if name.startswith(NOT_TO_BE_BUILT)] == []


def test_the_wheel_says_the_version_of_pyproject_and_shows_the_readme(wheel_of_sdist: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    with zipfile.ZipFile(wheel_of_sdist) as archive:
        metadata = archive.read(f"streamprocessor-{version}.dist-info/METADATA").decode()
    head, _, description = metadata.partition("\n\n")

    assert f"\nVersion: {version}\n" in head
    assert "\nDescription-Content-Type: text/markdown\n" in head
    assert description == (ROOT / "README.md").read_text()


def test_every_file_that_the_package_names_comes_along(wheel_of_sdist: Path) -> None:
    """Those that its documents name, too: whoever reads them has the wheel alone."""
    sources = "\n".join((ROOT / name).read_text() for name in git_files("streamprocessor") if name.endswith(".py"))
    named = set(re.findall(r"\b(?:deploy|topics)/[\w./-]*\w", sources)) - {"topics/asyncapi.py"}  # of the contract
    along = {name.removeprefix(BUNDLE) for name in files_of(wheel_of_sdist) if name.startswith(BUNDLE)}

    assert {name for name in named if not any(file == name or file.startswith(f"{name}/") for file in along)} == set()


def test_the_wheel_is_the_same_whether_it_is_built_of_the_sdist_or_of_a_folder_in_use(
    wheel_of_sdist: Path, wheel_of_checkout: Path
) -> None:
    assert files_of(wheel_of_checkout) == files_of(wheel_of_sdist)


def test_the_sdist_has_all_that_a_build_and_the_tests_need_and_no_secrets_of_a_folder_in_use(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {member.name.split("/", 1)[1] for member in archive.getmembers() if member.isfile()}
    tracked = set(git_files())
    made = {name for name in names if name.startswith("streamprocessor.egg-info/")} | {"PKG-INFO", "setup.cfg"}

    assert {name for name in tracked - names if not name.startswith(".")} == set()
    assert names - tracked - made == {"deploy/inbox.yaml"}  # .ci/release builds nothing where such a file is
