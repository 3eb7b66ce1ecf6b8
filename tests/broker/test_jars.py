"""Fetching Kafka: what a network that fails, a fetch that was cut off, and an unwilling Java lead to."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streamprocessor.broker import jars
from streamprocessor.broker.embedded import prepare
from streamprocessor.broker.fast_start import with_fast_start
from streamprocessor.broker.runtime import Runtime
from streamprocessor.errors import BrokerError


class Repository:
    """What jgo would fetch: a folder of jars for each coordinate, and how often it was asked anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "repository"
        self.built_anew: list[str] = []
        self.downloads: tuple[tuple[str, int], ...] = ()

    def build(self, coordinate: str, update: bool = False, resolver: Any = None) -> SimpleNamespace:
        artifact = coordinate.split(":")[1]
        place = self.folder / artifact
        if update or not place.exists():
            self.built_anew.append(artifact)
            place.mkdir(exist_ok=True)
            for name in (f"{artifact}-1.jar", "log4j-core-2.25.4.jar"):
                with zipfile.ZipFile(place / name, "w") as jar:
                    jar.writestr("a.class", "")
            (place / "lock").write_text("")
            for name, size in self.downloads:
                with resolver.progress_callback(name, size) as advance:
                    advance(size)
        return SimpleNamespace(all_jars=sorted(place.glob("*.jar")), lock_path=place / "lock")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository(tmp_path)
    monkeypatch.setattr(jars.jgo, "build", made.build)
    monkeypatch.setattr(jars.jgo.GlobalSettings, "load", lambda: SimpleNamespace(repo_cache=made.cache))
    return made


def silent(_: str) -> None: ...


def test_the_class_path_is_kafkas_own_jars_and_the_one_log_binding(repository: Repository) -> None:
    assert [jar.name for jar in jars.fetch(silent)] == [
        "kafka_2.13-1.jar",
        "log4j-core-2.25.4.jar",
        "log4j-slf4j-impl-1.jar",
    ]
    assert repository.built_anew == ["kafka_2.13", "log4j-slf4j-impl"]


def test_a_fetch_tells_how_far_it_is(repository: Repository) -> None:
    repository.downloads = (("kafka.jar", 6_000_000), ("tiny.jar", 900), ("scala.jar", 5_900_000))
    said: list[str] = []
    jars.fetch(said.append)

    assert said[:2] == [
        f"fetching Apache Kafka {jars.KAFKA}:   6.0 MB, kafka.jar",
        f"fetching Apache Kafka {jars.KAFKA}:  11.9 MB, scala.jar",
    ]


def test_a_jar_that_was_cut_off_is_fetched_again(repository: Repository) -> None:
    jars.fetch(silent)
    broken = repository.folder / "kafka_2.13" / "kafka_2.13-1.jar"
    copy = repository.cache / "org" / "kafka_2.13-1.jar"
    copy.parent.mkdir(parents=True)
    for file in (broken, copy):
        file.write_bytes(b"PK half of it")
    jars.fetch(silent)

    assert zipfile.is_zipfile(broken)
    assert not copy.exists()
    assert repository.built_anew == ["kafka_2.13", "log4j-slf4j-impl", "kafka_2.13"]


def test_a_fetch_that_was_cut_off_between_two_jars_is_completed(repository: Repository) -> None:
    jars.fetch(silent)
    (repository.folder / "kafka_2.13" / "lock").unlink()
    jars.fetch(silent)

    assert repository.built_anew == ["kafka_2.13", "log4j-slf4j-impl", "kafka_2.13"]


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
    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(jars.jgo, "build", fail)
    with pytest.raises(BrokerError) as raised:
        prepare(cache=tmp_path)

    for words in ("can't be fetched", str(failure), "--bootstrap HOST:PORT", "docker compose up"):
        assert words in str(raised.value)


def test_a_cache_that_cant_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BrokerError, match="Make the folder writable"):
        prepare(cache=tmp_path / "file" / "cache")


WRITES_THE_CACHE = "ready(); open(options['-XX:AOTCacheOutput'], 'w').close(); time.sleep(60)"


def test_fast_starts_are_prepared_once(java_that: Callable[[str], Runtime], tmp_path: Path) -> None:
    cache, said = tmp_path / "cache", list[str]()
    runtime = java_that(WRITES_THE_CACHE)
    first = with_fast_start(runtime, cache, said.append)
    second = with_fast_start(runtime, cache, said.append)

    (archive,) = cache.iterdir()
    assert first.options == (f"-XX:AOTCache={archive}",)
    assert (tmp_path / "java" / "runs").read_text().split() == ["format", "broker"]
    assert said == ["preparing fast starts of Kafka, once (about 10 s)"]
    assert second == first


def test_where_fast_starts_cant_be_prepared_kafka_starts_without(
    java_that: Callable[[str], Runtime], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    runtime = java_that("sys.exit('no room for it')")

    assert with_fast_start(runtime, tmp_path / "cache", silent) == runtime
    assert list((tmp_path / "cache").iterdir()) == []
    assert "Kafka will start more slowly" in caplog.text
    assert "no room for it" in caplog.text
