"""A fast start: Java's ahead-of-time cache, made once by a broker that is started and stopped for it.

It takes 10 to 30 s once, and brings a start from 2.5 s to 0.7 s. Without it everything works, only slower.
"""

import hashlib
import logging
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from streamprocessor.errors import BrokerError
from streamprocessor.kafka.embedded.boot import boot, format_data
from streamprocessor.kafka.embedded.jars import KAFKA
from streamprocessor.kafka.embedded.node import KafkaNode
from streamprocessor.kafka.embedded.progress import Progress
from streamprocessor.kafka.embedded.runtime import Runtime
from streamprocessor.process.ports import any_free

_log = logging.getLogger(__name__)

_TRAINING_SECONDS = 60.0
_UNUSED_SECONDS = 30 * 24 * 3600


def with_aot_cache(runtime: Runtime, cache: Path, progress: Progress) -> Runtime:
    """The same runtime with the ahead-of-time cache; without it when it can't be made."""
    archive = cache / f"kafka-{KAFKA}-{_fingerprint(runtime)}.aot"
    if not archive.exists():
        progress.begin("preparing fast starts of Kafka, once (10 to 30 s)")
        try:
            _train(runtime, cache, archive)
        except (OSError, BrokerError) as error:
            _log.warning("Kafka will start more slowly: its start can't be prepared in %s: %s", cache, error)
    if not archive.exists():
        return runtime
    os.utime(archive)
    return replace(runtime, options=(f"-XX:AOTCache={archive}",))


def _train(runtime: Runtime, cache: Path, archive: Path) -> None:
    """Java writes the cache when the broker stops; it gets its name when it is whole."""
    cache.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="training-", dir=cache))
    try:
        made = folder / archive.name
        port = any_free()
        node = KafkaNode(folder=folder, port=port, controller_port=any_free(port), heap_mb=256)
        node.write_settings()
        format_data(runtime, node)  # apart from the broker: Java would write a cache for this tool as well, in vain
        broker = boot(replace(runtime, options=(f"-XX:AOTCacheOutput={made}",)), node, _TRAINING_SECONDS)
        broker.stop(grace_seconds=_TRAINING_SECONDS)
        if made.exists():
            _forget_unused(cache)
            os.replace(made, archive)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _forget_unused(cache: Path) -> None:
    """Each Java and each set of jars has a cache of 70 MB of its own; the time of a file is its last use."""
    for archive in cache.glob("kafka-*.aot"):
        if time.time() - archive.stat().st_mtime > _UNUSED_SECONDS:
            archive.unlink(missing_ok=True)


def _fingerprint(runtime: Runtime) -> str:
    """Java takes a cache only for the same jars and the same Java: each such pair has its own.

    Java is told by the sizes of what it consists of, wherever and whenever it was installed: every environment in which
    the package is installed has the same one.
    """
    home = runtime.java.parent.parent
    java = (runtime.java, home / "lib" / "server" / "libjvm.so", home / "lib" / "modules")
    parts = [f"{part.name} {part.stat().st_size}" for part in java if part.exists()]
    for jar in runtime.jars:
        stat = jar.stat()
        parts.append(f"{jar} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
