"""Images without a daemon and without a registry: bases made of Debian's packages, built and run by buildah as root."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

BASES = {
    "base": ("python3", "ca-certificates"),
    "build-base": ("python3", "python3-dev", "python3-venv", "gcc", "libc6-dev", "make", "ca-certificates"),
}
"""What stands for the images that deploy/Dockerfile names: Debian packages by name."""
_PIP_SETTINGS = Path("/etc/pip.conf")
_CERTIFICATES = Path("/etc/ssl/certs")


class Builder:
    """Makes images in a folder of its own. bases: a folder where bases stay from run to run."""

    def __init__(self, folder: Path, bases: Path) -> None:
        """Skip the test where the tools are missing."""
        missing = [tool for tool in ("buildah", "mmdebstrap") if shutil.which(tool) is None]
        if missing or os.geteuid() != 0:
            pytest.skip(f"wanted root and buildah and mmdebstrap (apt-get install); missing: {missing or 'root'}")
        self._bases = bases
        self._buildah = [
            "buildah",
            *("--root", str(folder / "root"), "--runroot", str(folder / "run"), "--storage-driver", "vfs"),
        ]

    def command(self, *words: str) -> list[str]:
        """The command line of a call of buildah."""
        return [*self._buildah, *words]

    def call(self, *words: str) -> str:
        """What buildah prints; fails with what it complains of."""
        done = subprocess.run(self.command(*words), capture_output=True, text=True)
        assert done.returncode == 0, f"buildah {words[0]}: {done.stdout[-3_000:]}{done.stderr[-3_000:]}"
        return done.stdout

    def make_base(self, name: str) -> str:
        """The name of the image of a base, from packages of this machine's Debian."""
        archive = self._bases / f"{name}.tar"
        if not archive.exists():
            self._bases.mkdir(parents=True, exist_ok=True)
            unfinished = archive.with_suffix(".part.tar")
            packages = f"--include={','.join(BASES[name])}"
            subprocess.run(["mmdebstrap", "-q", "--variant=minbase", packages, _suite(), unfinished], check=True)
            unfinished.rename(archive)
        context = self._bases / name
        context.mkdir(exist_ok=True)
        (context / "Dockerfile").write_text("FROM scratch\nADD base.tar /\n")
        (context / "base.tar").unlink(missing_ok=True)
        os.link(archive, context / "base.tar")
        image = f"localhost/{name}:1.0"
        self.call("build", "--isolation", "chroot", "-q", "-t", image, str(context))
        return image

    def build(self, root: Path, image: str, arguments: Sequence[str]) -> None:
        """Build deploy/Dockerfile, with the package index and the authorities of this machine."""
        settings = ["--secret", f"id=pip,src={_PIP_SETTINGS}"] if _PIP_SETTINGS.exists() else []
        self.call(
            *("build", "--isolation", "chroot", "--format", "docker", "--layers=false", *settings),
            *(word for argument in arguments for word in ("--build-arg", argument)),
            *("--volume", f"{_CERTIFICATES}:{_CERTIFICATES}:ro"),
            *("-f", str(root / "deploy" / "Dockerfile"), "-t", image, str(root)),
        )


def _suite() -> str:
    """The name of this machine's Debian, such as bookworm."""
    lines = Path("/etc/os-release").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)["VERSION_CODENAME"]
