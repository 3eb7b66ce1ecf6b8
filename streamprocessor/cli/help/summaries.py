"""What each command does, in so few words that a list of commands shows all of them; its help says it whole."""

from __future__ import annotations

from collections.abc import Mapping

import click

from streamprocessor.cli.help.examples import each_command

#: By the words of the command, where the first sentence of its help is too long for a line of 80 columns.
SUMMARIES: Mapping[str, str] = {
    "init": "Write a scoring model of your own, by five questions.",
    "up": "Run all of it on this machine.",
    "demo": "Show it on this machine, with simulated traffic.",
    "delivery": "Send webhooks and mails until told to stop.",
    "delivery list": "List the subscriptions, and how their endpoints are.",
    "delivery undeliverable": "List what could not be delivered and is kept.",
    "delivery resend": "Send again what could not be delivered.",
    "delivery enable": "Send again to a subscription whose endpoint was gone.",
    "delivery tail": "Print each attempt as it is made, until Ctrl-C.",
    "api": "Answer questions about contacts, and serve the page.",
    "shadow": "Score a candidate live beside the model in force.",
    "topics list": "Show the topics as described, without asking Kafka.",
    "topics check": "Name every difference between description and Kafka.",
    "topics apply": "Create missing topics, and set settings that differ.",
    "topics repair": "Bring together contacts that lie in wrong partitions.",
    "topics asyncapi": "Describe the topics to programs: AsyncAPI 3.0, as YAML.",
    "topics manifests": "Print the topics as Strimzi's KafkaTopic resources.",
    "topics acl": "Print the least rights that each process needs on Kafka.",
    "model": "The scoring model: check, compare, apply, show, go back.",
    "model check": "Name every problem in a model file, with its line.",
    "model show": "Show the model in force, as it was applied.",
    "model apply": "Put a model file in force.",
    "model rebuild": "Read retained events again that rules ask more of.",
    "model history": "List all revisions of the model, the oldest first.",
    "model promote": "Put in force what a shadow scores live.",
    "model rollback": "Put an earlier revision in force again.",
    "model diff": "Tell what applying a model file would change.",
    "model schema": "Print the JSON Schema of model files, for editors.",
    "catalogue": "List what came, and what the model's rules make of it.",
    "status": "Show how all of it is, on one screen.",
    "doctor": "Name what keeps processes from starting, and its mend.",
    "explain": "Explain a contact's scores: the parts that add up.",
    "replay": "What another model makes of all that came.",
    "score": "Score a file's contacts, without Kafka.",
    "import": "Bring in a list, an export or events from a file.",
    "simulate": "Play traffic of made-up contacts.",
    "dead-letters show": "Show one, with its headers and its bytes.",
    "dead-letters resend": "Send the original records again.",
    "links": "Make a pixel and tracked links for a mail.",
    "sign-in": "Print an address that signs in to the page, once.",
    "backup": "Write all that `up` keeps into one file.",
    "restore": "Make an empty data folder what it was at a backup.",
    "rebuild": "Make the table of contacts anew while no worker runs.",
    "help": "Show a command's help; `help kafka`: what all share.",
    "completion": "Print the script by which a shell completes all of it.",
}


def summarise(group: click.Group) -> None:
    """Have lists of commands, and shells that complete them, show the summaries."""
    for words, command in each_command(group):
        command.short_help = SUMMARIES.get(" ".join(words))
