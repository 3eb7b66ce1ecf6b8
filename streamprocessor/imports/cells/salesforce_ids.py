"""Ids of Salesforce's records, which reports write with 15 characters and exports of data with 18."""

from __future__ import annotations

import re
from string import ascii_uppercase, digits

_CASE_SENSITIVE = re.compile(r"[A-Za-z0-9]{15}")
_CHUNK_CHARS = 5
_CHECKS = ascii_uppercase + digits[:6]


def whole_salesforce_id(cell: str) -> str:
    """The id with 18 characters of one with 15: for each five a character more, which tells those in capitals.

    Any other text is as it is.

    >>> whole_salesforce_id("00Q5g0000030001"), whole_salesforce_id("00Q5g0000030001EAA"), whole_salesforce_id("17")
    ('00Q5g0000030001EAA', '00Q5g0000030001EAA', '17')
    """
    if not _CASE_SENSITIVE.fullmatch(cell):
        return cell
    chunks = (cell[begin : begin + _CHUNK_CHARS] for begin in range(0, len(cell), _CHUNK_CHARS))
    return cell + "".join(_CHECKS[sum(each.isupper() << place for place, each in enumerate(chunk))] for chunk in chunks)
