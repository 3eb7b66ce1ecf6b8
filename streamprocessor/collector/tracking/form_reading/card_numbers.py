"""Payment cards' numbers in what people type, found in one pass."""

from __future__ import annotations

import re

CARD_DIGITS = range(13, 20)

_DIGIT_GROUPS = re.compile(r"[0-9]+(?:[ .-][0-9]+)*")
_INSIDE = b"\xff"  # no sum: in the middle of a group
_DOUBLED = [sum(divmod(2 * digit, 10)) for digit in range(10)]


def holds_card_number(text: str) -> bool:
    """Whether groups of digits, side by side, make 13 to 19 that are valid by Luhn's check.

    The work grows as the text does: sums from the beginning tell the check sum of any digits in between.
    """
    return any(_holds_valid_groups(run) for run in _DIGIT_GROUPS.findall(text) if len(run) >= CARD_DIGITS.start)


def _holds_valid_groups(run: str) -> bool:
    """Whether some groups of a run of groups of digits are such a number."""
    even = odd = 0  # check sums of the digits so far, those at even places doubled, or those at odd ones
    place = 0
    # The same sums wherever a group ends. Between two ends, one that is as it was makes a valid number.
    at_ends = bytearray(1), bytearray(1)
    for group in re.split(r"[ .-]", run):
        for digit in map(int, group):
            even += digit if place % 2 else _DOUBLED[digit]
            odd += _DOUBLED[digit] if place % 2 else digit
            place += 1
        for sums, now in zip(at_ends, (even, odd), strict=True):
            sums += _INSIDE * (len(group) - 1)
            sums.append(now % 10)
        sums = at_ends[place % 2]  # the last digit is not doubled, the one before it is
        if (
            place >= CARD_DIGITS.start
            and sums[place] in sums[max(0, place - CARD_DIGITS[-1]) : place - CARD_DIGITS[0] + 1]
        ):
            return True
    return False
