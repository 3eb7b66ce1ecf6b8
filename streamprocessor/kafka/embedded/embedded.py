"""Embedded Apache Kafka: fetched, started on this machine, stopped, started again on kept data."""

from pathlib import Path
from types import TracebackType

from streamprocessor.errors import BrokerError
from streamprocessor.kafka.embedded.aot_cache import with_aot_cache
from streamprocessor.kafka.embedded.boot import boot
from streamprocessor.kafka.embedded.diagnosis import why_it_ended
from streamprocessor.kafka.embedded.jars import class_path
from streamprocessor.kafka.embedded.node import SESSION_TIMEOUT_MS, KafkaNode
from streamprocessor.kafka.embedded.pid_file import forget, note, running_in
from streamprocessor.kafka.embedded.progress import SILENT, Progress
from streamprocessor.kafka.embedded.runtime import HEAP_MB, Runtime, runtime_of
from streamprocessor.process.child_process import ChildProcess
from streamprocessor.process.files.locks import wait_for
from streamprocessor.process.ports import HOST, any_free, is_free, next_free

DEFAULT_FOLDER = Path(".streamprocessor/kafka")
DEFAULT_PORT = 9092


def prepare(cache: Path | None = None, progress: Progress = SILENT) -> Runtime:
    """Java and Apache Kafka, fetched and made ready for fast starts where they aren't yet.

    `cache`: a folder for what is made once for all brokers; None is `.cache/streamprocessor` in the user's home.
    Raises BrokerError when Kafka can't be fetched.
    """
    folder = cache or Path.home() / ".cache" / "streamprocessor"
    try:
        with wait_for(folder / "lock"):
            return with_aot_cache(runtime_of(class_path(folder, progress)), folder, progress)
    except OSError as error:
        message = f"Kafka can't be prepared in {folder}: {error}. Make the folder writable, or free some space there."
        raise BrokerError(message) from error


class EmbeddedKafka:
    """One Apache Kafka of our own in one folder. It ends with this process, its data stays.

    `port`: None takes 9092 or the next free one, 0 any free one, another must be free. Once chosen, it is kept for
    every later start. `session_timeout_ms`: as in KafkaNode. Calls block; from asyncio use a thread.
    """

    def __init__(
        self,
        folder: Path = DEFAULT_FOLDER,
        *,
        port: int | None = None,
        heap_mb: int = HEAP_MB,
        session_timeout_ms: int = SESSION_TIMEOUT_MS,
        runtime: Runtime | None = None,
    ) -> None:
        """Nothing runs yet; `runtime` None is made ready at the first start."""
        self.folder = folder
        self._demanded_port = port
        self._heap_mb = heap_mb
        self._session_timeout_ms = session_timeout_ms
        self._runtime = runtime
        self._node: KafkaNode | None = None
        self._process: ChildProcess | None = None
        self._log_offset = 0

    def start(self, timeout_seconds: float = 60.0) -> str:
        """Its address for clients, once it serves them.

        Raises BrokerError when it can't be fetched or started, or when another one runs on the folder.
        """
        if self.alive:
            return self.bootstrap
        other = running_in(self.folder)
        if other is not None:
            message = (
                f"another Kafka runs on {self.folder} already, as process {other.pid} on port {other.port}: use it "
                f"with --bootstrap {other.bootstrap}, or end it first (kill {other.pid}), or give another --data-dir"
            )
            raise BrokerError(message)
        runtime = self._runtime or prepare()
        self._runtime = runtime
        self._node = self._with_ports()
        self._log_offset = self._node.log.stat().st_size if self._node.log.exists() else 0
        try:
            self._process = boot(runtime, self._node, timeout_seconds)
            note(self.folder, self._process.pid, self._node.port)
        except OSError as error:
            message = (
                f"Kafka can't use the folder {self.folder}: {error}. Make it a folder that this user may write to, "
                "with space left on its disk."
            )
            raise BrokerError(message) from error
        return self.bootstrap

    def stop(self, grace_seconds: float = 15.0) -> None:
        """Ends it in order, or by force when it takes longer than the grace. Its data stays."""
        if self._process is not None:
            self._process.stop(grace_seconds)
            forget(self.folder)

    def kill(self) -> None:
        """Ends it by force, as kill -9 does. Its data stays."""
        if self._process is not None:
            self._process.kill()

    @property
    def alive(self) -> bool:
        """True while it runs."""
        return self._process is not None and self._process.alive

    @property
    def bootstrap(self) -> str:
        """Its address for clients; known once it was started."""
        return self._started().bootstrap

    @property
    def port(self) -> int:
        """Its port; known once it was started."""
        return self._started().port

    @property
    def pid(self) -> int:
        """The process id of its last start."""
        if self._process is None:
            message = f"Kafka in {self.folder} has not been started"
            raise BrokerError(message)
        return self._process.pid

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """True once it has ended; False when it still runs after the time given (None: wait for ever)."""
        return self._process is None or self._process.wait(timeout_seconds)

    def why_it_ended(self) -> str:
        """The cause of its end, from its log, in words that say what to do."""
        return why_it_ended(self._started(), self._log_offset)

    def __enter__(self) -> "EmbeddedKafka":
        """Starts it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops it."""
        self.stop()

    def _with_ports(self) -> KafkaNode:
        port = self._choose_port()
        return KafkaNode(self.folder, port, any_free(port), self._heap_mb, self._session_timeout_ms)

    def _choose_port(self) -> int:
        port = self._node.port if self._node is not None else self._demanded_port
        if port is None:
            return next_free(DEFAULT_PORT)
        if port == 0:
            return any_free()
        if not is_free(port):
            message = (
                f"port {port} on {HOST} is in use: end the program that listens there (`ss -ltnp` shows it), "
                "or choose another port"
            )
            raise BrokerError(message)
        return port

    def _started(self) -> KafkaNode:
        if self._node is None:
            message = f"Kafka in {self.folder} has not been started"
            raise BrokerError(message)
        return self._node
