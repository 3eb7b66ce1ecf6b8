"""The proxy of docker-compose.yml, by a real nginx: TLS, whom it names as client, and what it keeps from the world."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from streamprocessor.process.ports import any_free
from tests.harness.system import ROOT

pytestmark = pytest.mark.ops


class Echo(BaseHTTPRequestHandler):
    """Answers with what it got."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = orjson.dumps({"path": self.path, "headers": headers, "bytes": len(body)})
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def echo() -> Iterator[str]:
    """The address of what stands behind the proxy."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Proxy:
    """Where the proxy answers, and what trusts its certificate."""

    collector: str
    page: str
    trust: ssl.SSLContext


def wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the health check of its container goes well; fails where it has ended."""
    deadline = time.monotonic() + 20.0
    while True:
        try:
            assert httpx.get(f"{address}/livez").status_code == 200
            return
        except httpx.ConnectError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    nginx = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if nginx is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    folder = tmp_path_factory.mktemp("proxy")
    secrets = folder / "secrets"
    subprocess.run(
        [ROOT / "deploy" / "compose" / "make-secrets"],
        env={"PATH": os.environ["PATH"], "SECRETS_DIR": str(secrets)},
        check=True,
        cwd=folder,
    )
    collector, page, health = any_free(), any_free(), any_free()
    with echo() as behind:
        places = {
            "/tmp/": f"{folder}/",
            "/run/secrets": str(secrets),
            "8443 ssl": f"127.0.0.1:{collector} ssl",
            "8444 ssl": f"127.0.0.1:{page} ssl",
            "127.0.0.1:8081": f"127.0.0.1:{health}",
            "http://collector:8000": behind,
            "http://api:8080": behind,
        }
        for source in (ROOT / "deploy" / "compose" / "nginx").iterdir():
            text = source.read_text()
            for name, here in places.items():
                text = text.replace(name, here)
            (folder / source.name).write_text(text)
        as_us = "user root;" if os.geteuid() == 0 else ""
        with (folder / "log").open("wb") as log:
            command = [nginx, "-c", str(folder / "nginx.conf"), "-g", f"daemon off; {as_us}"]
            process = subprocess.Popen(command, stderr=log)
        try:
            wait_until_healthy(f"http://127.0.0.1:{health}", process, folder / "log")
            yield Proxy(
                f"https://localhost:{collector}",
                f"https://localhost:{page}",
                ssl.create_default_context(cafile=str(secrets / "tls-certificate")),
            )
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture
async def client(proxy: Proxy) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(verify=proxy.trust) as client:
        yield client


@pytest.mark.parametrize("name", ["collector", "page"])
async def test_what_is_behind_learns_who_the_client_is_and_what_it_asked_for(
    proxy: Proxy, client: httpx.AsyncClient, name: str
) -> None:
    at = getattr(proxy, name)
    answer = await client.post(
        f"{at}/v1/a%2Fb?c=%20d", content=b"x" * 2_000_000, headers={"x-forwarded-for": "198.51.100.7"}
    )

    got = answer.json()
    assert (got["path"], got["bytes"]) == ("/v1/a%2Fb?c=%20d", 2_000_000)
    assert got["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert got["headers"]["x-forwarded-proto"] == "https"
    assert f"https://{got['headers']['host']}" == at


@pytest.mark.parametrize("name", ["collector", "page"])
@pytest.mark.parametrize(
    "path", ["/metrics", "/readyz", "/livez", "/startupz", "/status", "/%6detrics", "//metrics", "/x/../metrics"]
)
async def test_metrics_and_health_are_not_for_the_world(
    proxy: Proxy, client: httpx.AsyncClient, name: str, path: str
) -> None:
    assert (await client.get(httpx.URL(getattr(proxy, name)).copy_with(raw_path=path.encode()))).status_code == 404


async def test_a_path_that_only_begins_so_is_passed_on(proxy: Proxy, client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{proxy.collector}/metrics-of-ours")).json()["path"] == "/metrics-of-ours"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_versions_of_tls_are_refused(proxy: Proxy) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    async with httpx.AsyncClient(verify=old) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(proxy.collector)
