"""Keys: made at the first start, one of each kind; told apart; none is both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streamprocessor.collector.http.keys import Keys, keys_of
from streamprocessor.contract.access_policy import KeyKind
from streamprocessor.errors import OperatorError
from streamprocessor.settings import Settings

PUBLIC, ANOTHER, SECRET = "a key of the public", "another of the public", "a key of servers"


def key_in(file: Path) -> str:
    return file.read_text().strip().removeprefix("local=")


def test_the_first_start_makes_one_key_of_each_kind_and_the_next_ones_keep_them(tmp_path: Path) -> None:
    settings = Settings(data_dir=str(tmp_path))
    keys_of(settings)
    public, secret = key_in(tmp_path / "browser-keys"), key_in(tmp_path / "write-keys")

    again = keys_of(settings)

    assert public != secret
    for key, kind in ((public, KeyKind.BROWSER), (secret, KeyKind.WRITE)):
        holder = again.holder_of(key)
        assert holder is not None
        assert (holder.source, holder.kind, holder.origins) == ("local", kind, None)
    assert again.holder_of("another") is None
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("browser-keys", "write-keys")} == {0o600}


def test_origins_are_those_of_their_key_alone() -> None:
    settings = Settings(
        browser_keys=f"site={PUBLIC},app={ANOTHER}",
        write_keys=f"crm={SECRET}",
        browser_origins="site=https://www.example.com HTTP://localhost:8080",
    )
    keys = keys_of(settings)
    holders = {key: keys.holder_of(key) for key in (PUBLIC, ANOTHER, SECRET)}
    assert {key: holder and holder.origins for key, holder in holders.items()} == {
        PUBLIC: {"https://www.example.com", "http://localhost:8080"},
        ANOTHER: None,
        SECRET: None,
    }


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"write_keys": f"crm={PUBLIC}"}, "what is public can't be secret as well"),
        ({"browser_keys": f"site={PUBLIC},app={PUBLIC}"}, "a secret of its own for each name"),
        ({"browser_origins": "crm=https://www.example.com"}, "sources of browser keys; got 'crm'"),
        ({"browser_origins": "site=www.example.com"}, "each with its scheme and without a path; got 'www.example.com'"),
        ({"browser_origins": "site=https://www.example.com/"}, "without a path; got 'https://www.example.com/'"),
        ({"browser_origins": "site=https://["}, "origins such as"),
        ({"browser_origins": "https://www.example.com"}, "sources of browser keys"),
    ],
)
def test_what_cannot_be_is_told_at_the_start_without_the_key(changes: dict[str, Any], problem: str) -> None:
    settings = Settings(**{"browser_keys": f"site={PUBLIC}", "write_keys": f"crm={SECRET}", **changes})
    with pytest.raises(OperatorError) as raised:
        keys_of(settings)
    assert problem in str(raised.value)
    assert PUBLIC not in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_source_of_one_name_may_have_a_key_of_each_kind() -> None:
    keys = Keys({"site": "public"}, {"site": "secret"})
    kinds = [holder.kind for holder in map(keys.holder_of, ("public", "secret")) if holder]
    assert kinds == [KeyKind.BROWSER, KeyKind.WRITE]
