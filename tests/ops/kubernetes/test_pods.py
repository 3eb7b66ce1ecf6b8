"""The processes as their pods start them: their arguments and environment, without rights, on a root that is read-only.

What a pod has in place of this machine is made by a mount namespace of its own: a volume that belongs to somebody else
and is open to the group, an empty /tmp, and nothing else that can be written.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, ConnectError, TimeoutException

from streamprocessor.kafka.admin.consumer_group import consumer_group
from streamprocessor.kafka.admin.layout import layout_of
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.settings import PREFIX, Settings
from tests.deploy.kubernetes.resources import KUBERNETES, ROOT, containers_of, pod_of, resources_of
from tests.harness.system import until

pytestmark = [pytest.mark.ops, pytest.mark.kafka]

_POD = """
mount -t tmpfs tmpfs /var/lib
mkdir /var/lib/streamprocessor
mount --bind "$1" /var/lib/streamprocessor
mount -t tmpfs tmpfs /tmp
mount -o remount,bind,ro /
shift
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs "$@"
"""
UNSHARED = ("unshare", "--mount", "sh", "-euc", _POD, "pod")
#: The numbers of somebody else, to whom the volume belongs.
_NOBODY, _OUR_GROUP = 65534, 0
SECRETS = {
    "erasure-salt": "5f" * 24,
    "address-salt": "a7" * 24,
    "browser-keys": f"site={'b0' * 16}",
    "write-keys": f"server={'c1' * 16}",
    "token-keys": f"1={'d2' * 24}",
    "token": "e3" * 24,
    "tokens": f"ops/read+write+erase={'f4' * 24}",
}
Start = Callable[..., "Pod"]


class Pod:
    """One container of a workload, which runs in a world of its own."""

    def __init__(self, container: dict[str, Any], name: str, folder: Path, more: dict[str, str]) -> None:
        self.volume = folder / name
        self.volume.mkdir()
        os.chown(self.volume, _NOBODY, _OUR_GROUP)
        self.volume.chmod(0o2775)
        self._log = folder / f"{name}.log"
        environment = self._environment(container, name) | more
        words = [word.replace("$(POD_NAME)", name) for word in container["args"]]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*UNSHARED, str(self.volume), sys.executable, "-m", "streamprocessor", *words],
                env={"PATH": os.environ["PATH"], "HOME": "/nowhere"} | environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    @staticmethod
    def _environment(container: dict[str, Any], name: str) -> dict[str, str]:
        lines = (KUBERNETES / "base" / "settings.env").read_text().splitlines()
        environment = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
        for variable in container.get("env", ()):
            source = variable.get("valueFrom", {})
            if "secretKeyRef" in source:
                environment[variable["name"]] = SECRETS[source["secretKeyRef"]["key"]]
            elif "fieldRef" in source:
                environment[variable["name"]] = name
            else:
                environment[variable["name"]] = variable["value"]
        return environment

    @property
    def log(self) -> str:
        """What it said."""
        return self._log.read_text()

    @property
    def url(self) -> str:
        """Where it answers; raises OSError before it has said so."""
        return f"http://127.0.0.1:{int((self.volume / 'port').read_text())}"

    async def ready(self) -> str:
        """Its address, once it is ready; fails with its log where it ends before."""
        await until(self._is_ready, bool, 60, f"{self.volume.name} is ready")
        return self.url

    async def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.log
        try:
            return await status_of(f"{self.url}/readyz") == 200
        except (OSError, ValueError):
            return False  # it has not said its port yet

    def stop(self, seconds: float) -> int:
        """Tell it to stop, as Kubernetes does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


@pytest.fixture
def settings(bootstrap: str, topic_prefix: str) -> Settings:
    return Settings(bootstrap=bootstrap, topic_prefix=topic_prefix)


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Start]:
    """Starts a container of a workload of the base; all end with the test."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("setpriv") is None:
        pytest.skip("a mount namespace is made by root, with unshare and setpriv")
    base, pods = resources_of("base"), []

    def new_pod(workload: str, container: int = 0, **more: str) -> Pod:
        name = f"{workload.split('/')[1]}-{container}"
        own = {
            f"{PREFIX}BOOTSTRAP": settings.bootstrap,
            f"{PREFIX}TOPIC_PREFIX": settings.topic_prefix,
            f"{PREFIX}PORT_FILE": "/var/lib/streamprocessor/port",
            **{f"{PREFIX}{process}_PORT": "0" for process in ("METRICS", "COLLECTOR", "DELIVERY", "API")},
        }
        pod = Pod(containers_of(base[workload])[container], name, tmp_path, own | more)
        pods.append(pod)
        return pod

    yield new_pod
    for pod in pods:
        if pod.process.poll() is None:
            pod.process.kill()
            pod.process.wait()


async def test_every_process_works_and_stops_as_its_pod_is_described(start: Start, settings: Settings) -> None:
    setup = "Job/streamprocessor-setup"
    model = {f"{PREFIX}MODEL": str(ROOT / "deploy" / "scoring.yaml")}
    for container in (0, 1):
        step = start(setup, container, **model)
        assert step.process.wait(60) == 0, step.log

    base = resources_of("base")
    worker = start("StatefulSet/streamprocessor-worker")
    collector = start("StatefulSet/streamprocessor-collector")
    delivery = start("StatefulSet/streamprocessor-delivery")
    delivery_url = {f"{PREFIX}DELIVERY_URL": await delivery.ready()}
    api = start("StatefulSet/streamprocessor-api", **delivery_url)
    for pod in (worker, collector, api):
        await pod.ready()
    assert await members(settings) == ["streamprocessor-worker-0"]

    event = {"contact_id": "c-1", "type": "form_submission", "properties": {"form": "demo"}}
    async with AsyncClient() as client:
        key = {"Authorization": f"Bearer {'c1' * 16}"}
        assert (await client.post(f"{collector.url}/v1/events", json=event, headers=key)).status_code == 200
    contact = f"{api.url}/api/contacts/c-1"
    await until(lambda: status_of(contact, "f4" * 24), lambda status: status == 200, 60, "the contact in the api")

    for pod, process in ((api, "api"), (delivery, "delivery"), (collector, "collector"), (worker, "worker")):
        grace = pod_of(base[f"StatefulSet/streamprocessor-{process}"])["terminationGracePeriodSeconds"]
        assert pod.stop(grace) == 0, pod.log
        assert stat.S_IMODE((pod.volume / "data").stat().st_mode) & 0o777 == 0o700
        assert "others on this machine may look into it" not in pod.log
    assert await members(settings) == []


async def members(settings: Settings) -> list[str]:
    """The names of the workers in the group."""
    group = f"{settings.topic_prefix}{settings.app_id}"
    found = await consumer_group(ClientSettings(settings.bootstrap), layout_of(settings), group)
    return [member.name for member in found.members]


async def status_of(url: str, token: str | None = None) -> int:
    """The status that the address answers with; 0 where nobody answers."""
    try:
        async with AsyncClient(timeout=5) as client:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return (await client.get(url, headers=headers)).status_code
    except (ConnectError, TimeoutException):
        return 0
