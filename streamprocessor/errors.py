"""The error tree. Its branches say who acts.

StreamprocessorError
├── RecordError          one record is bad: it goes to dead-letters with its reason, the stream goes on
├── OperatorError        a person must act: the process refuses to start or to go on, and says what to do
│   ├── ModelError       the scoring model file is wrong: file, line, wanted, got
│   ├── TopicError       a topic is missing, differs or may not be used
│   │   └── NotAllowedError   Kafka does not allow what must be done
│   └── BrokerError      the broker can't be started or used
│       └── BrokerAwayError   no broker answers now; exit 70, for it may come back by itself
├── NotAsItWasError      what was restored differs from what was backed up: exit 1
├── ConflictError        somebody else changed the same meanwhile: exit 1
└── MustRestartError     what is in memory can't be trusted any more: exit 70, the supervisor starts anew
"""

import traceback

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_MUST_RESTART = 70


class StreamprocessorError(Exception):
    """Something of our own went wrong; the message says what, where, wanted, got."""


class RecordError(StreamprocessorError):
    """One record can't be used; `reason` is its code in dead-letters, `detail` the sentence for a person."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class OperatorError(StreamprocessorError):
    """A person must act; the message says what to do.

    notes: of a text that can't be read, line (1 is the first) and sentence of each problem, in the order of the text.
    """

    notes: tuple[tuple[int, str], ...] = ()


class ModelError(OperatorError):
    """A scoring model can't be used."""


class TopicError(OperatorError):
    """A topic is missing, is not as it must be, or may not be used."""


class NotAllowedError(TopicError):
    """Kafka does not allow what must be done; a command's or process's own sentence says who it is to Kafka."""


class BrokerError(OperatorError):
    """The broker can't be fetched, started or used."""


class BrokerAwayError(BrokerError):
    """No broker answers at the address, or one went away meanwhile; it may come back by itself."""


class MustRestartError(StreamprocessorError):
    """The process must end with exit code 70 and be started anew."""


class NotAsItWasError(StreamprocessorError):
    """What was restored or rebuilt differs from what it was made of; the message says in what."""


class ConflictError(StreamprocessorError):
    """Somebody else changed meanwhile what was to be changed; the message says who, and what to do."""


class NewerModelNeededError(MustRestartError):
    """A record was written under a newer revision of the model than this worker knows."""

    def __init__(self, revision: int, known: int) -> None:
        super().__init__(f"a record is of model revision {revision}; this worker knows {known}")
        self.revision = revision


def place_of(error: BaseException) -> str:
    """What went wrong and where; not the error's own words, which may repeat what a person sent, or a secret."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {last.filename}:{last.lineno}"
