"""Whose token is whose, and that no sentence repeats one."""

from __future__ import annotations

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.readmodel.requests.tokens import Tokens

TOKEN = "a-token-that-nobody-guesses"


@pytest.mark.parametrize("words", [TOKEN, f"{TOKEN}/", f"/{TOKEN}", f"{TOKEN}/read+own", "ops"])
def test_what_stands_in_the_place_of_a_name_is_not_repeated(words: str) -> None:
    with pytest.raises(OperatorError, match=r"API_TOKENS: wanted name/scope\+scope=token") as refused:
        Tokens({words: "ops/read-and-write"})

    assert words not in str(refused.value)
