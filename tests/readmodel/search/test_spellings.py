"""One mistake in a word never hides it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.readmodel.search.spellings import (
    is_spelled,
    mistakes_allowed,
    mistakes_between,
    sought_spellings,
    spellings_of,
)

LETTERS = "abcde"
WORDS = st.text(LETTERS, min_size=3, max_size=9)


@given(WORDS, st.data())
def test_a_word_with_one_mistake_has_a_spelling_in_common_with_it(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from(LETTERS))
    wrong = data.draw(
        st.sampled_from(
            [
                word[:at] + letter + word[at:],
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            ]
        )
    )

    assert mistakes_between(word, wrong) <= 1
    assert spellings_of(word) & sought_spellings(wrong)


@given(WORDS, WORDS)
def test_mistakes_are_counted_alike_both_ways_and_are_none_in_the_same_word(left: str, right: str) -> None:
    assert mistakes_between(left, right) == mistakes_between(right, left)
    assert (mistakes_between(left, right) == 0) is (left == right)


@pytest.mark.parametrize(("word", "mistakes"), [("jon", 1), ("smith", 1), ("berger", 2)])
def test_longer_words_may_have_more_mistakes(word: str, mistakes: int) -> None:
    assert mistakes_allowed(word) == mistakes


@pytest.mark.parametrize("word", ["jo", "a1b2c3", "x" * 21, "c-42"])
def test_mistakes_are_not_looked_for_in_what_is_no_word(word: str) -> None:
    assert not is_spelled(word)
