"""Apache Kafka's class path: fetched once, remembered in the cache."""

import json
from pathlib import Path

from streamprocessor.errors import BrokerError
from streamprocessor.kafka.embedded.progress import Progress

KAFKA = "4.3.1"  # 4.4.0 is listed, but two of its jars can't be fetched

_FETCHED_BYTES = 46_100_000
"""What it and all that it needs to run weigh, with their descriptions."""


def class_path(cache: Path, progress: Progress) -> tuple[Path, ...]:
    """The jars of Apache Kafka with its log binding; fetched when they aren't all there.

    Raises BrokerError when one can't be fetched.
    """
    memory = cache / f"kafka-{KAFKA}.json"
    jars = _remembered(memory)
    if jars is None:
        jars = _fetch(progress)
        memory.write_text(json.dumps({str(jar): jar.stat().st_size for jar in jars}))
    return jars


def _remembered(memory: Path) -> tuple[Path, ...] | None:
    """The class path of the last fetch, if every jar is as it was."""
    try:
        sizes = {Path(name): size for name, size in json.loads(memory.read_text()).items()}
        whole = all(jar.stat().st_size == size for jar, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return None
    return tuple(sizes) if sizes and whole else None


def _fetch(progress: Progress) -> tuple[Path, ...]:
    # Imported here: it takes a quarter of a second, once.
    from streamprocessor.kafka.embedded import maven

    progress.begin(f"fetching Apache Kafka {KAFKA}, once", _FETCHED_BYTES)
    try:
        kafka = maven.resolve(f"org.apache.kafka:kafka_2.13:{KAFKA}", progress.fetched)
        # Resolved apart from Kafka: joined, its dependencies would change the versions of Kafka's own.
        log4j = _version_of("log4j-core", kafka)
        binding = maven.resolve(f"org.apache.logging.log4j:log4j-slf4j-impl:{log4j}", progress.fetched)
    except (OSError, RuntimeError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        message = (
            f"Apache Kafka {KAFKA} can't be fetched: {reason}\n"
            "It comes from Maven Central and is needed once. Connect this machine to the network and try again, or "
            "use a Kafka that runs elsewhere with --bootstrap HOST:PORT, or start all of it in containers with "
            "`docker compose up`."
        )
        raise BrokerError(message) from error
    return (*kafka, *(jar for jar in binding if jar.name.startswith("log4j-slf4j-impl-")))


def _version_of(artifact: str, jars: list[Path]) -> str:
    names = [jar.name for jar in jars if jar.name.startswith(f"{artifact}-")]
    if not names:
        message = f"no {artifact} among the jars of Apache Kafka {KAFKA}"
        raise ValueError(message)
    return names[0].removeprefix(f"{artifact}-").removesuffix(".jar")
