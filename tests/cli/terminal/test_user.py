"""Who types, for the history of models."""

from __future__ import annotations

import getpass
import os

import pytest

from streamprocessor.cli.terminal.user import user_name


def test_the_user_of_the_machine_is_named_and_where_it_has_no_name_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "anna")
    assert user_name() == "anna"

    def nameless() -> str:
        raise KeyError(os.getuid())

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert user_name() == f"user {os.getuid()}"
