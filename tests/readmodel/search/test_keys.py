"""What a contact is found by: few keys, in one spelling, and all of them in its row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.readmodel.search.keys import MOST_WORDS, Key, Naming, Rank, keys_of, words_of
from streamprocessor.readmodel.search.lines import keys_in, lines_of, places_of

NAME, WORD_OF_NAME, IDENTITY, WORD = Rank

TEXTS = {
    "case": ("JANE Smith", ["jane", "smith"]),
    "accents, however they are composed": ("Zoe\u0308 Zo\u00eb", ["zoe", "zoe"]),
    "letters of other alphabets": ("Łukasz Straße Æsir", ["lukasz", "strasse", "aesir"]),
    "wide letters": ("Ｊａｎｅ", ["jane"]),
    "apostrophes": ("O'Brien d\u2019Arc", ["obrien", "darc"]),
    "punctuation": ("a.b-c_d/e@f", ["a", "b", "c", "d", "e", "f"]),
    "scripts without blanks": ("山田カナ", ["山", "田", "カ", "ナ"]),
    "Hangul": ("김민수", ["김민수"]),
    "Cyrillic": ("Ключ", ["ключ"]),
    "nothing": ("?!\0\n", []),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_words_are_spelled_one_way(kind: str) -> None:
    text, words = TEXTS[kind]
    assert words_of(text) == words


def test_no_text_has_endless_words() -> None:
    assert len(words_of("a " * 100)) == MOST_WORDS
    assert len(words_of("a" * 1_000)[0]) == 40


def test_a_contact_has_a_key_for_each_word_and_none_that_another_stands_for() -> None:
    attributes = {
        "first_name": "Jane",
        "last_name": "Smith",
        "company": "ACME Corp",
        "email": "jane.smith@acme.example",
    }

    assert keys_of(Naming(), "c-42", attributes) == [
        Key(NAME, "jane smith"),
        Key(WORD_OF_NAME, "smith"),
        Key(IDENTITY, "c 42"),
        Key(IDENTITY, "jane smith acme example"),
        Key(WORD, "acme corp"),
        Key(WORD, "acme example"),
        Key(WORD, "corp"),
        Key(WORD, "smith acme example"),
    ]


TEXT = st.text(max_size=60).filter(lambda text: "@" not in text)  # the last word of an address is no key


@given(TEXT, TEXT)
def test_each_word_of_a_name_is_found_in_the_contacts_row(name: str, company: str) -> None:
    keys = keys_of(Naming(), "c", {"name": name, "company": company})
    lines = lines_of(keys)

    assert keys_in(lines) == set(keys)
    for word in words_of(name):
        assert any(place in lines for place in places_of(word, is_whole=True))
        assert any(place in lines for place in places_of(word[:2], is_whole=False))
