"""Fetching Kafka: what a network that fails, a fetch that was cut off, and an unwilling Java lead to."""

import os
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import jgo
import pytest

from streamprocessor.errors import BrokerError
from streamprocessor.kafka.embedded import boot, maven
from streamprocessor.kafka.embedded.aot_cache import with_aot_cache
from streamprocessor.kafka.embedded.embedded import prepare
from streamprocessor.kafka.embedded.jars import KAFKA, class_path
from streamprocessor.kafka.embedded.node import KafkaNode
from streamprocessor.kafka.embedded.progress import SILENT
from streamprocessor.kafka.embedded.runtime import Runtime


class ProgressLog:
    """The stages of a preparation, and about how many bytes each fetches; the bytes that came, call by call."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, int | None]] = []
        self.bytes: list[int] = []

    def begin(self, stage: str, size_bytes: int | None = None) -> None:
        self.stages.append((stage, size_bytes))

    def fetched(self, more_bytes: int) -> None:
        self.bytes.append(more_bytes)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The coordinates that Maven is asked for, where each has one file of its own and log4j-core."""
    coordinates: list[str] = []

    def resolve(coordinate: str, on_bytes: Callable[[int], None]) -> list[Path]:
        coordinates.append(coordinate)
        jars = [tmp_path / f"{coordinate.split(':')[1]}-1.jar", tmp_path / "log4j-core-2.25.4.jar"]
        for jar in jars:
            jar.write_text("jar")
            on_bytes(6_000_000 if jar.name.startswith("kafka") else 900)
        return jars

    monkeypatch.setattr(maven, "resolve", resolve)
    return coordinates


def test_the_class_path_is_kafkas_own_jars_and_the_one_log_binding(asked: list[str], tmp_path: Path) -> None:
    assert [jar.name for jar in class_path(tmp_path, SILENT)] == [
        "kafka_2.13-1.jar",
        "log4j-core-2.25.4.jar",
        "log4j-slf4j-impl-1.jar",
    ]
    assert asked == [f"org.apache.kafka:kafka_2.13:{KAFKA}", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"]


def test_a_fetch_tells_how_far_it_is(asked: list[str], tmp_path: Path) -> None:
    log = ProgressLog()
    class_path(tmp_path, log)

    assert log.stages == [(f"fetching Apache Kafka {KAFKA}, once", 46_100_000)]
    assert log.bytes == [6_000_000, 900, 900, 900]


def test_what_was_fetched_is_not_asked_for_again(asked: list[str], tmp_path: Path) -> None:
    first = class_path(tmp_path, SILENT)
    log = ProgressLog()

    assert class_path(tmp_path, log) == first
    assert len(asked) == 2
    assert log.stages == []


@pytest.mark.parametrize("harm", [Path.unlink, partial(Path.write_text, data="half of a jar")])
def test_a_jar_that_is_not_as_it_was_is_fetched_again(
    asked: list[str], tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    first = class_path(tmp_path, SILENT)
    harm(first[0])

    assert class_path(tmp_path, SILENT) == first
    assert len(asked) == 4


def test_a_broken_memory_of_the_fetch_is_no_harm(asked: list[str], tmp_path: Path) -> None:
    first = class_path(tmp_path, SILENT)
    for text in ("{", "[]", "{}"):
        (tmp_path / f"kafka-{KAFKA}.json").write_text(text)
        assert class_path(tmp_path, SILENT) == first


@pytest.mark.parametrize(
    "failure",
    [
        OSError("Max retries exceeded: Temporary failure in name resolution"),
        RuntimeError("Artifact kafka.jar not found in remote repositories"),
    ],
)
def test_without_a_network_the_ways_out_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failure: Exception
) -> None:
    def fail(*_: object) -> list[Path]:
        raise failure

    monkeypatch.setattr(maven, "resolve", fail)
    with pytest.raises(BrokerError) as raised:
        prepare(cache=tmp_path)

    for words in ("can't be fetched", str(failure), "--bootstrap HOST:PORT", "docker compose up"):
        assert words in str(raised.value)


def test_a_cache_that_cant_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BrokerError, match="Make the folder writable"):
        prepare(cache=tmp_path / "file" / "cache")


POM = """<project><modelVersion>4.0.0</modelVersion><groupId>g</groupId><artifactId>{name}</artifactId>
<version>1</version><dependencies>{needs}</dependencies></project>"""
NEED = """<dependency><groupId>g</groupId><artifactId>{name}</artifactId><version>1</version>
<scope>{scope}</scope></dependency>"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The local repository of a Maven whose remote one has `app`, which needs `lib` to run and `tool` for its tests."""
    needs = NEED.format(name="lib", scope="runtime") + NEED.format(name="tool", scope="test")
    for name in ("app", "lib", "tool"):
        folder = tmp_path / "remote" / "g" / name / "1"
        folder.mkdir(parents=True)
        (folder / f"{name}-1.pom").write_text(POM.format(name=name, needs=needs if name == "app" else ""))
        with zipfile.ZipFile(folder / f"{name}-1.jar", "w") as jar:
            jar.writestr("a.class", "")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "remote")))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    local = tmp_path / "local"
    address = f"http://127.0.0.1:{server.server_port}"
    settings = SimpleNamespace(repo_cache=local, repositories={"central": address})
    monkeypatch.setattr(jgo.GlobalSettings, "load", lambda: settings)
    yield local
    server.shutdown()
    server.server_close()


def test_maven_gives_a_jar_with_what_it_needs_to_run(repository: Path) -> None:
    log = ProgressLog()
    jars = maven.resolve("g:app:1", log.fetched)

    assert [jar.relative_to(repository) for jar in jars] == [Path("g/app/1/app-1.jar"), Path("g/lib/1/lib-1.jar")]
    assert sum(log.bytes) == sum(file.stat().st_size for file in repository.rglob("*-1.*") if file.suffix != ".sha1")
    assert not list(repository.rglob("tool-1.jar"))


def test_a_jar_whose_fetch_was_cut_off_is_fetched_again(repository: Path) -> None:
    whole = maven.resolve("g:app:1", lambda _: None)[1]
    size_bytes = whole.stat().st_size
    whole.write_bytes(whole.read_bytes()[:20])

    assert maven.resolve("g:app:1", lambda _: None)[1].stat().st_size == size_bytes


WRITES_THE_CACHE = "ready(); open(options['-XX:AOTCacheOutput'], 'w').close(); time.sleep(60)"


def test_fast_starts_are_prepared_once(java_that: Callable[[str], Runtime], tmp_path: Path) -> None:
    cache, log = tmp_path / "cache", ProgressLog()
    runtime = java_that(WRITES_THE_CACHE)
    first = with_aot_cache(runtime, cache, log)
    second = with_aot_cache(runtime, cache, log)

    (archive,) = cache.iterdir()
    assert first.options == (f"-XX:AOTCache={archive}",)
    assert (tmp_path / "java" / "runs").read_text().split() == ["format", "broker"]
    assert log.stages == [("preparing fast starts of Kafka, once (10 to 30 s)", None)]
    assert second == first


def test_the_same_java_installed_elsewhere_starts_as_fast_at_once_and_another_java_is_prepared_for(
    java_that: Callable[[str], Runtime], tmp_path: Path
) -> None:
    cache, log = tmp_path / "cache", ProgressLog()
    runtime = java_that(WRITES_THE_CACHE)
    first = with_aot_cache(runtime, cache, log)
    elsewhere = Path(shutil.copytree(tmp_path / "java", tmp_path / "elsewhere" / "bin")) / "java"
    os.utime(elsewhere, (0, 0))

    again = with_aot_cache(replace(runtime, java=elsewhere), cache, log)
    assert (again.options, len(log.stages)) == (first.options, 1)

    elsewhere.write_text(elsewhere.read_text() + "# another one\n")
    other = with_aot_cache(replace(runtime, java=elsewhere), cache, log)
    assert (other.options != first.options, len(log.stages)) == (True, 2)


def test_where_fast_starts_cant_be_prepared_kafka_starts_without(
    java_that: Callable[[str], Runtime], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = java_that("sys.exit('no room for it')")

    assert with_aot_cache(runtime, tmp_path / "cache", SILENT) == runtime
    assert list((tmp_path / "cache").iterdir()) == []
    assert "Kafka will start more slowly" in caplog.text
    assert "no room for it" in caplog.text


def test_a_java_that_does_not_come_to_an_end_is_given_up(
    java_that: Callable[[str], Runtime], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runtime = java_that("")
    runtime.java.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(boot, "_FORMAT_SECONDS", 0.05)
    node = KafkaNode(folder=tmp_path / "node", port=9092, controller_port=9093, heap_mb=64)

    with pytest.raises(BrokerError, match=r"was not made ready for Kafka within 0\.05 s"):
        boot.boot(runtime, node, timeout_seconds=60)
