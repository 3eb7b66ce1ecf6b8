"""Apache Kafka's jar files: fetched once, kept in the caches of jgo."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import jgo
from jgo.maven import PythonResolver

from streamprocessor.errors import BrokerError

KAFKA = "4.3.1"  # 4.4.0 is listed, but two of its jars can't be fetched

Progress = Callable[[str], None]


def fetch(progress: Progress) -> tuple[Path, ...]:
    """The class path of Apache Kafka with its log binding; fetched when it isn't in the cache.

    Raises BrokerError when a jar can't be fetched.
    """
    try:
        kafka = _resolve(f"org.apache.kafka:kafka_2.13:{KAFKA}", progress)
        # Resolved apart from Kafka: joined, its dependencies would change the versions of Kafka's own.
        binding = _resolve(f"org.apache.logging.log4j:log4j-slf4j-impl:{_version_of('log4j-core', kafka)}", progress)
    except (OSError, RuntimeError, ValueError) as error:
        message = (
            f"Apache Kafka {KAFKA} can't be fetched: {_first_line(error)}\n"
            "It comes from Maven Central and is needed once, about 45 MB. Connect this machine to the network and try "
            "again, or use a Kafka that runs elsewhere with --bootstrap HOST:PORT, or start all of it in containers "
            "with `docker compose up`."
        )
        raise BrokerError(message) from error
    return (*kafka, *(jar for jar in binding if jar.name.startswith("log4j-slf4j-impl-")))


def _resolve(coordinate: str, progress: Progress) -> list[Path]:
    """The jars of one coordinate. What a fetch that was cut off has left behind is completed."""
    resolver = PythonResolver(progress_callback=_reporter(progress))
    environment = jgo.build(coordinate, resolver=resolver)
    broken = [jar for jar in environment.all_jars if not zipfile.is_zipfile(jar)]
    # jgo writes its lock file last, but takes a folder with some jars in it for whole.
    if broken or not environment.lock_path.exists():
        _forget(broken)
        environment = jgo.build(coordinate, update=True, resolver=resolver)
    return list(environment.all_jars)


def _forget(jars: list[Path]) -> None:
    repository = jgo.GlobalSettings.load().repo_cache
    for jar in jars:
        jar.unlink(missing_ok=True)
        for copy in Path(repository).rglob(jar.name):
            copy.unlink(missing_ok=True)


def _reporter(progress: Progress) -> Callable[[str, int], object]:
    """What jgo calls for each file: says its name and size, and how much has come in all."""
    fetched_bytes = 0

    @contextmanager
    def report(name: str, size_bytes: int) -> Iterator[Callable[[int], None]]:
        nonlocal fetched_bytes
        yield lambda _chunk_bytes: None
        fetched_bytes += size_bytes
        if size_bytes >= 100_000:
            progress(f"fetching Apache Kafka {KAFKA}: {fetched_bytes / 1e6:5.1f} MB, {name}")

    return report


def _version_of(artifact: str, jars: list[Path]) -> str:
    names = [jar.name for jar in jars if jar.name.startswith(f"{artifact}-")]
    if not names:
        message = f"no {artifact} among the jars of Apache Kafka {KAFKA}"
        raise ValueError(message)
    return names[0].removeprefix(f"{artifact}-").removesuffix(".jar")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
