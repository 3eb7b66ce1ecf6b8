"""Payment cards' numbers in what people type, found in one pass."""

from __future__ import annotations

import re

CARD_DIGITS = range(13, 20)

_DIGIT_GROUPS = re.compile(r"[0-9]+(?:[ .-][0-9]+)*")
_DOUBLED = [sum(divmod(2 * digit, 10)) for digit in range(10)]


def holds_card_number(text: str) -> bool:
    """Whether groups of digits, side by side, make 13 to 19 that are valid by Luhn's check.

    The work grows as the text does: sums from the beginning tell the check sum of any digits in between.
    """
    return any(_holds_valid_groups(run) for run in _DIGIT_GROUPS.findall(text) if len(run) >= CARD_DIGITS.start)


def _holds_valid_groups(run: str) -> bool:
    """Whether some groups of a run of groups of digits are such a number."""
    ends = [0]  # of groups, counted in digits
    even, odd = [0], [0]  # sums of the first n digits, where those at even places are doubled, and where those at odd
    for group in re.split(r"[ .-]", run):
        for digit in map(int, group):
            place = len(even) - 1
            even.append(even[-1] + (digit if place % 2 else _DOUBLED[digit]))
            odd.append(odd[-1] + (_DOUBLED[digit] if place % 2 else digit))
        ends.append(len(even) - 1)
    is_end = set(ends)
    for begin in ends:
        for size in CARD_DIGITS:
            end = begin + size
            if end in is_end:
                sums = odd if end % 2 else even  # the last digit is not doubled, the one before it is
                if (sums[end] - sums[begin]) % 10 == 0:
                    return True
    return False
