"""Examples of every command, shown at the end of its help; each is one that works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

#: By the words of the command: lines as they are typed. What a command needs of Kafka, `up` has running beside it.
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "init": ("init my-leads", "init my-leads --template hubspot-style", "init --yes"),
    "up": ("up", "up --model scoring.yaml --workers 2"),
    "demo": ("demo", "demo --rate 200 --seconds 60"),
    "worker": ("worker --bootstrap kafka:9092 --name worker-1",),
    "collector": ("collector --bootstrap kafka:9092 --collector-port 8000",),
    "delivery": ("delivery --bootstrap kafka:9092 --subscriptions subscriptions.yaml", "delivery list"),
    "delivery list": ("delivery list", "delivery list --json"),
    "delivery undeliverable": ("delivery undeliverable",),
    "delivery resend": ("delivery resend crm", "delivery resend crm inc:jane:engagement:1/crm"),
    "delivery ping": ("delivery ping crm",),
    "delivery enable": ("delivery enable crm",),
    "delivery tail": ("delivery tail",),
    "api": ("api --bootstrap kafka:9092 --api-port 8080",),
    "sign-in": ("sign-in",),
    "topics": ("topics list", "topics check"),
    "topics list": ("topics list", "topics list --topic-prefix staging- --json"),
    "topics check": ("topics check --bootstrap kafka:9092",),
    "topics apply": ("topics apply --bootstrap kafka:9092",),
    "topics repair": ("topics repair --bootstrap kafka:9092 --wait 300",),
    "topics asyncapi": ("topics asyncapi",),
    "topics manifests": ("topics manifests --cluster kafka --replicas 3",),
    "topics acl": ("topics acl --process worker --principal worker=User:scoring",),
    "model": ("model check scoring.yaml", "model diff scoring.yaml --contacts", "model apply scoring.yaml"),
    "model check": ("model check scoring.yaml", "model check scoring.yaml --live"),
    "model show": ("model show", "model show --revision 3", "model show --revision 3 --diff"),
    "model apply": (
        "model apply scoring.yaml",
        "model apply scoring.yaml --based-on 3",
        "model apply scoring.yaml --rebuild",
    ),
    "model rebuild": ("model rebuild --dry-run", "model rebuild --records-per-second 500"),
    "model history": ("model history", "model history --diff"),
    "model promote": ("model promote", 'model promote --based-on 3 --note "as tried for a week"'),
    "model rollback": ("model rollback 3", 'model rollback 3 --note "too many leads"'),
    "model diff": ("model diff scoring.yaml --contacts", "model diff scoring.yaml --against yesterday.yaml"),
    "model schema": ("model schema",),
    "shadow": ("shadow --model candidate.yaml", "shadow --show", "shadow --end"),
    "catalogue": ("catalogue --days 7",),
    "status": ("status", "status --json"),
    "doctor": ("doctor", "doctor worker api --bootstrap kafka:9092"),
    "explain": ("explain c-42", "explain c-42 --at 2026-12-24T00:00:00Z"),
    "export": ("export c-42",),
    "replay": (
        "replay --model next.yaml",
        "replay --model next.yaml --since 2026-11-01T00:00:00Z --csv contacts.csv",
        "replay --model next.yaml --against scoring.yaml --events events.jsonl",
    ),
    "score": ("score --events events.jsonl --model scoring.yaml",),
    "import": (
        "import contacts.csv --dry-run",
        "import contacts.csv --mapping deploy/imports/hubspot-contacts.yaml",
        "import events.jsonl",
    ),
    "simulate": ("simulate --rate 200", "simulate --events 1000 --output events.jsonl"),
    "dead-letters": ("dead-letters list",),
    "dead-letters list": ("dead-letters list --reason not-json",),
    "dead-letters show": ("dead-letters show 3:17",),
    "dead-letters resend": ("dead-letters resend 3:17", "dead-letters resend --all --reason not-json"),
    "links": ("links --contact c-42 --url https://example.com/pricing", "links --contact c-42 --html mail.html"),
    "backup": ("backup monday.tar.gz",),
    "restore": ("restore monday.tar.gz --data-dir restored",),
    "rebuild": ("rebuild --from-backup monday.tar.gz", "rebuild --from-prefix old-"),
    "help": ("help kafka", "help model apply"),
    "completion": ("completion bash",),
}

_SHARED = "What all commands share, such as --bootstrap and --data-dir: streamprocessor help kafka"


def show_examples(group: click.Group) -> None:
    """Have the help of all commands below the group end with their examples."""
    for words, command in each_command(group):
        if not words:
            continue
        lines = EXAMPLES.get(" ".join(words), ())
        title = "Example:" if len(lines) == 1 else "Examples:"
        shown = [title, *(f"  streamprocessor {line}" for line in lines)] if lines else []
        if any(parameter.name == "bootstrap" for parameter in command.params):
            shown += ["", "\b", _SHARED]
        command.epilog = "\n".join(["\b", *shown]) if shown else None


def each_command(
    command: click.Command, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """The command and all below it, each with the words that call it."""
    yield words, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from each_command(below, (*words, name))
