"""The collector on one core: opens by their pixels and events in batches, durable; nginx's empty picture beside it."""

from __future__ import annotations

import asyncio
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import orjson
import psutil

from streamprocessor.collector.tracking.tokens import token_keys
from streamprocessor.collector.tracking.tracked_mail import TrackedMail
from streamprocessor.process.ports import any_free
from streamprocessor.process.stored_secrets import pairs_of
from tests.bench.calibration import pinned
from tests.bench.events import TOPICS, backlog
from tests.bench.open_loop import latencies_ms
from tests.bench.preload import written
from tests.bench.report import Figure
from tests.bench.rig import Rig
from tests.bench.steady import cpu_seconds
from tests.harness.collectors import KEY, CollectorProcess

BATCH = 100
BODIES = 200
PIXELS = 5_000
CONTACTS = 20_000
CONNECTIONS = 128
GOALS = {"pixels": 4_000, "events": 50_000}
TOKEN_KEYS = "bench=a-secret-of-the-bench-with-bytes-enough"
TYPE_OF = dict(zip(TOPICS, ("page_visit", "email_open", "email_click", "form_submission"), strict=True))

_SCRIPT = """
local requests, at = {}, 0
init = function(arguments)
  for line in io.lines(arguments[1]) do
    local path, body = line:match("^(%S+) ?(.*)$")
    requests[#requests + 1] = wrk.format(body == "" and "GET" or "POST", path, nil, body ~= "" and body or nil)
  end
end
request = function() at = at % #requests + 1; return requests[at] end
"""
_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr error;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder}; keepalive_requests 1000000000;
  server {{ listen 127.0.0.1:{port}; location / {{ empty_gif; }} }} }}
"""


class Driven(NamedTuple):
    """What wrk did: answers a second, and how many were no 2xx; cores: what the server was busy with meanwhile."""

    per_second: float
    bad: int
    cores: float


def has_tools() -> bool:
    """Whether wrk and nginx are there; without them only latencies are measured."""
    return shutil.which("wrk") is not None and shutil.which("nginx") is not None


def collector(rig: Rig) -> list[Figure]:
    """Rates as fast as wrk drives it, latencies at half of what is wanted of it."""
    folder = rig.folder / "collector-bench"
    folder.mkdir()
    system = rig.system("collected")
    process = CollectorProcess(system.settings, folder, token_keys=TOKEN_KEYS)
    rig.ending.callback(process.discard)
    process.start()
    asyncio.run(process.ready())
    server = psutil.Process(process.process.pid)
    pinned(server)
    pixels, bodies = _pixels(), _bodies()
    figures: list[Figure] = []
    seconds = max(1.0, rig.scale.window_seconds / 2)
    if has_tools():
        figures += _driven(rig, process, server, (pixels, bodies), seconds)
    else:
        sys.stderr.write("bench: wrk or nginx is not installed; the collector's rates and its ceiling are left out\n")
    share = min(1.0, seconds / 10)
    figures += _latency("pixels", process.port, pixels, GOALS["pixels"] // 2 * share, seconds)
    figures += _latency(f"batches of {BATCH}", process.port, bodies, GOALS["events"] / BATCH // 2 * share, seconds)
    process.stop()
    accepted = sum(written(rig.bootstrap, system.full[topic]) for topic in TOPICS)
    return [*figures, Figure("records in the topics", accepted, "records")]


def _driven(
    rig: Rig, process: CollectorProcess, server: psutil.Process, requests: tuple[list[str], list[str]], seconds: float
) -> list[Figure]:
    folder = rig.folder / "collector-bench"
    (folder / "wrk.lua").write_text(_SCRIPT)
    pixels, bodies = (_file(folder, name, lines) for name, lines in zip(("gifs", "posts"), requests, strict=True))
    opens = _wrk(process.port, pixels, server, seconds)
    events = _wrk(process.port, bodies, server, seconds)
    ceiling = _ceiling(folder, pixels, seconds)
    rate = events.per_second * BATCH
    return [
        Figure("pixels", opens.per_second, "pixels/s"),
        Figure("pixels, of the process", opens.per_second / opens.cores, "pixels/CPU s"),
        Figure("pixels: process kept busy", opens.cores, "cores"),
        Figure("nginx empty_gif", ceiling.per_second, "pixels/s"),
        Figure("nginx empty_gif, of the process", ceiling.per_second / ceiling.cores, "pixels/CPU s"),
        Figure(f"events in batches of {BATCH}", rate, "posted/s"),
        Figure(f"events in batches of {BATCH}, of the process", rate / events.cores, "posted/CPU s"),
        Figure("batches: process kept busy", events.cores, "cores"),
        Figure("answers that were no 200", opens.bad + events.bad, "answers"),
    ]


def _wrk(port: int, requests: Path, server: psutil.Process, seconds: float) -> Driven:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "-s", str(requests.parent / "wrk.lua")]
    command += ["-H", f"X-Write-Key: {KEY}", f"http://127.0.0.1:{port}", "--", str(requests)]
    began, used = time.perf_counter(), cpu_seconds(server)
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    cores = (cpu_seconds(server) - used) / (time.perf_counter() - began)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if rate is None:
        message = f"wrk: wanted its rate; got {said!r}"
        raise RuntimeError(message)
    return Driven(float(rate.group(1)), int(bad.group(1)) if bad else 0, max(cores, 0.001))


def _ceiling(folder: Path, requests: Path, seconds: float) -> Driven:
    port = any_free()
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port))
    nginx = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        server = psutil.Process(nginx.pid)
        pinned(server)
        asyncio.run(latencies_ms(port, [b"GET / HTTP/1.1\r\nhost: bench\r\n\r\n"], 10, 0.5))
        return _wrk(port, requests, server, seconds)
    finally:
        nginx.terminate()
        nginx.wait()


def _latency(what: str, port: int, lines: Sequence[str], rate: float, seconds: float) -> list[Figure]:
    requests = [_as_http(line) for line in lines]
    found = sorted(asyncio.run(latencies_ms(port, requests, max(10.0, rate), seconds)))
    percentiles = statistics.quantiles(found, n=100)
    return [
        Figure(f"{what} at {max(10.0, rate):.0f}/s: median", percentiles[49], "ms"),
        Figure(f"{what} at {max(10.0, rate):.0f}/s: 99th percentile", percentiles[98], "ms"),
    ]


def _as_http(line: str) -> bytes:
    path, _, body = line.partition(" ")
    head = f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nhost: bench\r\nx-write-key: {KEY}\r\n"
    return (head + f"content-length: {len(body)}\r\n\r\n{body}").encode()


def _pixels() -> list[str]:
    keys = token_keys(pairs_of(TOKEN_KEYS, "bench"))
    mails = (
        TrackedMail(keys, "http://h", f"c-{number % CONTACTS}", f"m-{number % 12}", "autumn")
        for number in range(PIXELS)
    )
    return [mail.pixel_url().removeprefix("http://h") for mail in mails]


def _bodies() -> list[str]:
    events = [
        orjson.loads(event.value) | {"type": TYPE_OF[event.topic]}
        for event in backlog(9, BODIES * BATCH, CONTACTS, int(time.time() * 1000))
    ]
    return [
        f"/v1/events {orjson.dumps(events[first : first + BATCH]).decode()}" for first in range(0, len(events), BATCH)
    ]


def _file(folder: Path, name: str, lines: Sequence[str]) -> Path:
    file = folder / name
    file.write_text("\n".join(lines))
    return file
