"""The image of deploy/Dockerfile, built and run: what is in it, what it may do, and a worker of it at work."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from streamprocessor.kafka.embedded.embedded import EmbeddedKafka
from streamprocessor.process.ports import any_free
from streamprocessor.settings import PREFIX
from tests.harness.system import ROOT, until
from tests.ops.image.builder import Builder

pytestmark = [pytest.mark.ops, pytest.mark.nightly, pytest.mark.timeout(3_600)]

IMAGE = "localhost/streamprocessor:test"


#: Runs words as compose does: $1 is the root, read-only but for what are volumes; no capabilities, nor a way to some.
CONFINED = """
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
mount -t tmpfs -o uid=10001,gid=10001,mode=0700 tmpfs "$1/var/lib/streamprocessor"
mount --bind /proc "$1/proc"
mount --bind /dev "$1/dev"
root=$1
shift
exec chroot "$root" setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all \
  --inh-caps=-all env -i -C /app "$@"
"""


class Container:
    """A container of the image, in which commands run as its user and with its environment."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._name = builder.call("from", IMAGE).strip()

    def confined(self, environment: Sequence[str], *words: str, **settings: str) -> list[str]:
        """The command line that runs words with no more rights than in compose. environment: the image's."""
        root = self._builder.call("mount", self._name).strip()
        given = [f"{PREFIX}{name}={value}" for name, value in settings.items()]
        return ["unshare", "-m", "sh", "-ec", CONFINED, "sh", root, *environment, *given, *words]

    def command(self, *words: str, **settings: str) -> list[str]:
        """The command line that runs words in it, with these settings."""
        given = [f"--env={PREFIX}{name}={value}" for name, value in settings.items()]
        return self._builder.command("run", "--isolation", "chroot", *given, self._name, "--", *words)

    def run(self, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """How the words ended."""
        return subprocess.run(self.command(*words, **settings), capture_output=True, text=True)

    def output(self, *words: str, **settings: str) -> str:
        """What the words print; fails where they do."""
        done = self.run(*words, **settings)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    builder = Builder(tmp_path_factory.mktemp("images"), ROOT / "build" / "image-bases")
    bases = {"BASE": builder.make_base("base"), "BUILD_BASE": builder.make_base("build-base")}
    builder.build(ROOT, IMAGE, [f"{name}={image}" for name, image in bases.items()])
    return builder


@pytest.fixture(scope="module")
def container(builder: Builder) -> Container:
    return Container(builder)


@pytest.fixture(scope="module")
def described(builder: Builder) -> Any:
    """What the image says of itself."""
    return orjson.loads(builder.call("inspect", "--type", "image", IMAGE))["Docker"]["config"]


def test_the_image_says_how_it_is_run_and_whether_it_is_well(described: Any) -> None:
    assert described["User"] == "10001:10001"
    assert described["Entrypoint"] == ["streamprocessor"]
    assert described["Healthcheck"]["Test"] == ["CMD", "python", "/app/deploy/healthcheck.py"]
    assert described["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_its_command_tells_what_it_can_do(container: Container) -> None:
    assert "Score contacts in real time" in container.output("streamprocessor", "--help")


def test_it_runs_on_compiled_modules_and_has_no_tools_to_build_any(container: Container) -> None:
    where = "import streamprocessor.scoring.scorer as scorer; print(scorer.__file__)"

    assert container.output("python", "-c", where).strip().endswith(".so")
    for tool in ("pip", "gcc", "make", "java"):
        assert container.run("sh", "-c", f"command -v {tool}").returncode != 0, tool


def test_its_bill_of_materials_names_what_is_in_it(container: Container) -> None:
    # Looked at inside: buildah hands on no more than 64 KiB of what is printed at once.
    names = "from importlib.metadata import distributions; print(*(each.name for each in distributions()))"
    listed = (
        "import json; bill = json.load(open('/opt/streamprocessor/sbom.cdx.json'));"
        "print(bill['bomFormat'], *(each['name'] for each in bill['components']))"
    )
    form, *components = container.output("python", "-c", listed).lower().split()
    installed = container.output("python", "-c", names).lower().split()

    assert form == "cyclonedx"
    assert sorted(components) == sorted(installed)
    assert "faust-streaming" in components


def test_its_user_can_write_nowhere_but_to_what_is_a_volume(container: Container) -> None:
    found = container.output("sh", "-c", "id -u; find / -xdev -type d -writable ! -path '/proc/*' 2>/dev/null || true")
    user, *writable = found.split()

    assert user == "10001"
    within = ("/tmp", "/var/tmp", "/var/lock", "/run/lock", "/dev", "/var/lib/streamprocessor", "/home/streamprocessor")
    assert [folder for folder in writable if not folder.startswith(within)] == []


async def test_a_worker_of_it_becomes_ready_on_a_real_kafka_and_stops_when_told_to(
    container: Container, described: Any, kafka: EmbeddedKafka, topic_prefix: str, tmp_path: Path
) -> None:
    port = any_free()
    salt = "a-salt-of-this-test-alone"
    settings = {
        "BOOTSTRAP": kafka.bootstrap,
        "TOPIC_PREFIX": topic_prefix,
        "PARTITIONS": "2",
        "METRICS_PORT": str(port),
        "ERASURE_SALT": salt,
        "ADDRESS_SALT": salt,
    }
    assert container.run("streamprocessor", "doctor", "worker", **settings).returncode == 1
    container.output("streamprocessor", "topics", "apply", **settings)
    container.output("streamprocessor", "model", "apply", **settings)
    container.output("streamprocessor", "doctor", "worker", **settings)

    with (tmp_path / "log").open("wb") as log:
        command = container.confined(described["Env"], "streamprocessor", "worker", **settings)
        worker = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    async with httpx.AsyncClient() as client:

        async def ready() -> int:
            assert worker.returncode is None, (tmp_path / "log").read_text()
            try:
                return (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code
            except httpx.HTTPError:
                return 0

        try:
            await until(ready, lambda status: status == 200, 120.0, "the worker is ready")
            assert container.run("python", "/app/deploy/healthcheck.py", **settings).returncode == 0
        finally:
            worker.send_signal(signal.SIGTERM)
            async with asyncio.timeout(60):
                code = await worker.wait()
    assert code == 0, (tmp_path / "log").read_text()
    assert container.run("python", "/app/deploy/healthcheck.py", **settings).returncode == 1
