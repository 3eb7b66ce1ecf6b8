"""Who simulated contacts are: invented people of invented firms, from people.yaml."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from streamprocessor.contract.strict_yaml.document import read_document, read_text
from streamprocessor.contract.strict_yaml.located import LocatedNode
from streamprocessor.contract.strict_yaml.scalars import count, text
from streamprocessor.errors import OperatorError

PEOPLE_FILE = Path(__file__).with_name("people.yaml")

_NO_LETTER = re.compile("[^a-z]")
_LETTERS = str.maketrans({"ø": "o", "ı": "i"})  # those that Unicode takes for letters of their own


class _Firm(NamedTuple):
    name: str
    employees: int


class _Pool(NamedTuple):
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    job_titles: tuple[str, ...]
    companies: tuple[_Firm, ...]


def attributes_of_person(seed: int, number: int) -> dict[str, Any]:
    """The attributes of the contact of that number; equal seeds, equal people.

    The number is in the address: with one that two contacts share, one of them would be known as the other.
    """
    pool, rng = _pool(), Random(f"{seed}:{number}")  # by itself, so that nobody depends on who else is drawn
    first_name, last_name = rng.choice(pool.first_names), rng.choice(pool.last_names)
    firm = rng.choice(pool.companies)
    return {
        "first_name": first_name,
        "last_name": last_name,
        "email": f"{_in_address(first_name)}.{_in_address(last_name)}.{number}@example.com",
        "company": firm.name,
        "job_title": rng.choice(pool.job_titles),
        "employees": firm.employees,
    }


def _in_address(name: str) -> str:
    return _NO_LETTER.sub("", unicodedata.normalize("NFKD", name.lower().translate(_LETTERS)))


@cache
def _pool() -> _Pool:
    content = read_text(PEOPLE_FILE, "simulated people", OperatorError)
    return read_document(content, PEOPLE_FILE.name, "simulated people", _read_pool)


def _read_pool(located: LocatedNode) -> _Pool:
    fields = located.fields(*_Pool._fields)
    first_names, last_names = fields.required("first_names", _texts, ()), fields.required("last_names", _texts, ())
    job_titles, companies = fields.required("job_titles", _texts, ()), fields.required("companies", _firms, ())
    return _Pool(first_names, last_names, job_titles, companies)


def _texts(located: LocatedNode) -> tuple[str, ...]:
    return tuple(text(inner) for inner in located.items("a list of texts"))


def _firms(located: LocatedNode) -> tuple[_Firm, ...]:
    return tuple(_firm(inner) for inner in located.items("a list of firms"))


def _firm(located: LocatedNode) -> _Firm:
    fields = located.fields(*_Firm._fields)
    return _Firm(fields.required("name", text, ""), fields.required("employees", count, 1))
