"""Why a broker ended: its log in words that say what to do."""

import shutil
from pathlib import Path

from streamprocessor.kafka.embedded.node import KafkaNode

_SHOWN_LINES = 12
_READ_BYTES = 64 * 1024

# Kafka does not always say that the disk is full: what it maps into memory fails with a fault of its own words.
_FULL_BYTES = 8 * 1024 * 1024
_FULL = "No space left on device"

_CAUSES = (
    (
        (_FULL, "Disk quota exceeded"),
        "the disk is full: free some space where {folder} is (or give another --data-dir), then start again; "
        "what Kafka has acknowledged is kept",
    ),
    (
        ("Address already in use",),
        "port {port} is in use: end the program that listens there, or choose another (STREAMPROCESSOR_KAFKA_PORT)",
    ),
    (
        ("Failed to acquire lock on file",),
        "another Kafka works on {data}: end it (`fuser {data}/.lock` shows its process) or give another --data-dir",
    ),
    (
        ("OutOfMemoryError", "Could not reserve enough space", "Cannot allocate memory"),
        "there is not enough memory for its heap of {heap_mb} MB: end other programs, or give it more or less heap",
    ),
    (
        ("AccessDeniedException", "Permission denied", "Read-only file system"),
        "it may not write to {folder}: make the folder writable for this user, or give another --data-dir",
    ),
    (
        ("meta.properties", "CorruptRecordException", "KafkaStorageException", "LogDirFailure", "No readable"),
        "its data in {data} can't be read: move the folder away (mv {data} {data}.broken) to start empty",
    ),
)


def why_it_ended(node: KafkaNode, log_offset: int) -> str:
    """The cause of a broker's end in one sentence, where it is known, and the last lines of its log.

    `log_offset`: how long its log was, in bytes, when it was started.
    """
    text = tail(node.log, log_offset) + tail(node.output, 0)
    evidence = f"{_FULL}\n{text}" if shutil.disk_usage(node.folder).free < _FULL_BYTES else text
    known = next((words for signs, words in _CAUSES if any(sign in evidence for sign in signs)), None)
    facts = {"folder": node.folder, "data": node.data, "port": node.port, "heap_mb": node.heap_mb}
    sentence = known.format(**facts) if known else "the cause is in its log"
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("at ")]
    shown = "\n".join(f"  {line}" for line in lines[-_SHOWN_LINES:]) or "  (nothing)"
    return f"{sentence}.\nLast lines of {node.log} and {node.output.name}:\n{shown}"


def tail(file: Path, offset: int) -> str:
    """The end of a file, from an offset in bytes on, at most 64 KiB; nothing when there is no file."""
    if not file.exists():
        return ""
    size = file.stat().st_size
    # Rolled since: what was written from the offset on began in the older file.
    start = 0 if size < offset else offset
    with file.open("rb") as opened:
        opened.seek(max(start, size - _READ_BYTES))
        return opened.read().decode(errors="replace")
