"""One Kafka node as files: its settings, its log settings, and where its data and logs are."""

from dataclasses import dataclass
from pathlib import Path

from streamprocessor.process.ports import HOST

READY = "Kafka Server started"
#: Kafka's own default is 9 s; long enough for a machine that is busy with other things, or sleeps.
SESSION_TIMEOUT_MS = 6_000


@dataclass(frozen=True, slots=True)
class KafkaNode:
    """One node of a cluster, broker and controller in one.

    folder: of all its files.
    port: for clients.
    controller_port: for itself.
    heap_mb: what Java may use.
    session_timeout_ms: a silence after which it fences itself, and how long a start after kill -9 waits.
    """

    folder: Path
    port: int
    controller_port: int
    heap_mb: int
    session_timeout_ms: int = SESSION_TIMEOUT_MS
    node_id: int = 1

    @property
    def data(self) -> Path:
        """Kafka's own folder: topics and metadata."""
        return self.folder / "data"

    @property
    def settings(self) -> Path:
        """The settings file, written anew at each start."""
        return self.folder / "server.properties"

    @property
    def log_config(self) -> Path:
        """The log settings file, written anew at each start."""
        return self.folder / "log4j2.xml"

    @property
    def log(self) -> Path:
        """The broker's log: warnings, errors, and the word that it is ready."""
        return self.folder / "kafka.log"

    @property
    def output(self) -> Path:
        """What Java itself said since the last start."""
        return self.folder / "java.out"

    @property
    def formatted(self) -> bool:
        """True when the data folder belongs to a cluster."""
        return (self.data / "meta.properties").exists()

    @property
    def bootstrap(self) -> str:
        """The address for clients."""
        return f"{HOST}:{self.port}"

    def write_settings(self) -> None:
        """Writes the settings files."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings.write_text(server_properties(self))
        self.log_config.write_text(log4j2_xml(self.log))


def server_properties(node: KafkaNode) -> str:
    """Kafka's settings for a small machine: one replica of everything, quick groups, little idle work."""
    voter = f"{node.node_id}@{HOST}:{node.controller_port}"
    settings = {
        "process.roles": "broker,controller",
        "node.id": node.node_id,
        "controller.quorum.voters": voter,
        "listeners": f"PLAINTEXT://{HOST}:{node.port},CONTROLLER://{HOST}:{node.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{HOST}:{node.port}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": _escaped(node.data.resolve()),
        "auto.create.topics.enable": "false",
        "default.replication.factor": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        # Kafka forgets a group's place after 7 days: a demo may be left alone for longer.
        "offsets.retention.minutes": 90 * 24 * 60,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1_000,
        # The default of 128 MiB does not fit a small heap; 2 MiB hold the keys of a clean-up round of 80 000 records.
        "log.cleaner.dedupe.buffer.size": 2 * 1024 * 1024,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 2,
        "broker.session.timeout.ms": node.session_timeout_ms,
        "broker.heartbeat.interval.ms": 500,
        # Otherwise an idle controller writes a record twice a second.
        "metadata.max.idle.interval.ms": 10_000,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def log4j2_xml(log: Path) -> str:
    """Log settings: warnings and errors to a file that is rolled at 5 MB, and the one line that says ready."""
    file_name = str(log.resolve()).replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return f"""<Configuration status="error" shutdownHook="disable">
  <Appenders>
    <RollingFile name="file" fileName="{file_name}" filePattern="{file_name}.%i">
      <PatternLayout pattern="%d %p %m (%c{{1}})%n%throwable"/>
      <SizeBasedTriggeringPolicy size="5MB"/>
      <DefaultRolloverStrategy max="2"/>
    </RollingFile>
  </Appenders>
  <Loggers>
    <Logger name="kafka.server.KafkaRaftServer" level="info"/>
    <Root level="warn"><AppenderRef ref="file"/></Root>
  </Loggers>
</Configuration>
"""


def _escaped(path: Path) -> str:
    """A path as a value in a Java properties file."""
    return str(path).replace("\\", "\\\\")
