"""Words that differ by a letter or two. Pure.

Two words of which either becomes the other by one mistake (a letter too many, too few, another one, or two letters in
each other's place) have a spelling in common once a letter is left out of each: spellings are looked up, not compared.
"""

from __future__ import annotations

_SHORTEST, _LONGEST = 3, 20
_TWO_MISTAKES_FROM = 6


def is_spelled(word: str) -> bool:
    """Whether mistakes in the word are looked for: it is of letters alone, and neither too short nor too long."""
    return word.isalpha() and _SHORTEST <= len(word) <= _LONGEST


def spellings_of(word: str) -> set[str]:
    """The word as it is, and with one letter left out."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def sought_spellings(word: str) -> set[str]:
    """The spellings under which a word may stand that was meant."""
    spellings = spellings_of(word)
    if mistakes_allowed(word) > 1:
        spellings |= {shorter for each in spellings for shorter in spellings_of(each)}
    return spellings


def mistakes_allowed(word: str) -> int:
    """How many mistakes there may be in the word."""
    return 2 if len(word) >= _TWO_MISTAKES_FROM else 1


def mistakes_between(left: str, right: str) -> int:
    """How many mistakes make one of the other, of which none touches another.

    >>> mistakes_between("smtih", "smith"), mistakes_between("jon", "john"), mistakes_between("anna", "berta")
    (1, 1, 4)
    """
    before: list[int] = []
    last = list(range(len(right) + 1))
    for i, letter in enumerate(left, start=1):
        row = [i]
        for j, other in enumerate(right, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
