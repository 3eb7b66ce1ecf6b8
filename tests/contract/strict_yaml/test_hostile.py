"""Files that are made to make their reader slow, large or talkative are refused at once, in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from streamprocessor.collector.formats.vocabulary import read_vocabulary
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.strict_yaml.located import MAX_NOTES
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription, parse_subscription_file
from streamprocessor.contract.topics.topics import read_topics
from streamprocessor.delivery.subscriptions.payload_templates import parse_template
from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_mapping import parse_mapping

LONGEST_MESSAGE_CHARS = 1000
"""Of one problem: a stranger's text must not fill the log."""


def read_own_vocabulary(text: str, folder: Path) -> None:
    file = folder / "vocabulary.yaml"
    file.write_text(text)
    read_vocabulary(file)


def read_topic(text: str, folder: Path) -> None:
    (folder / "a-topic.yaml").write_text(text)
    read_topics(folder)


READERS: dict[str, Callable[[str, Path], object]] = {
    "model": lambda text, _: parse_model(text, "x.yaml"),
    "subscriptions": lambda text, _: parse_subscription_file(text, "x.yaml"),
    "subscription": lambda text, _: parse_subscription("crm", text, "x.yaml"),
    "template": lambda text, _: parse_template(text, "x.yaml"),
    "mapping": lambda text, _: parse_mapping(text, "x.yaml"),
    "vocabulary": read_own_vocabulary,
    "topic": read_topic,
}
NINE_LEVELS_OF_ALIASES = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"l{level}: &l{level} [{', '.join(9 * [f'*l{level - 1}'])}]\n" for level in range(1, 10)
)
HOSTILE = {
    "9 levels of aliases": (NINE_LEVELS_OF_ALIASES, "got an anchor or alias 'l0'"),
    "5 000 open lists": ("[" * 5000, "wanted at most 32 levels; got more"),
    "100 closed lists": ("[" * 100 + "]" * 100, "wanted at most 32 levels; got more"),
    "5 000 open mappings": ("{a: " * 5000, "wanted at most 32 levels; got more"),
    "a word of half a megabyte": ("a" * 1000 + "a" * 500_000 + ": 1", ""),
    "a text of half a megabyte": ("name: [" + "a" * 500_000 + "]", ""),
    "1 000 unknown words": ("".join(f"w{n}: 1\n" for n in range(1_000)), ""),
    "2 megabytes": ("# \n" + "a" * 2_000_000, " characters; got 2000003"),
    "a tag that would make an object": ("!!python/object/apply:os.system [ls]", "wanted no tags"),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("reader", READERS)
def test_a_hostile_text_is_refused_in_a_sentence(reader: str, hostile: str, tmp_path: Path) -> None:
    text, complaint = HOSTILE[hostile]

    with pytest.raises(OperatorError) as caught:
        READERS[reader](text, tmp_path)

    assert complaint in str(caught.value)
    lines = str(caught.value).split("\n")
    assert len(lines) <= MAX_NOTES + 1
    for line in lines:
        assert len(line) < LONGEST_MESSAGE_CHARS
