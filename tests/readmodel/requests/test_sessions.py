"""Cookies of sessions: whose they are, for how long, and that nobody makes them up."""

from __future__ import annotations

import pytest

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.sessions import LIFE_MS, Sessions, refuse_forged, refuse_other_sites, set_cookie
from streamprocessor.readmodel.requests.tokens import Tokens

PAIRS = {"ops/read+write": "t-ops", "page/read": "t-page"}
OWN = {"host": "leads.example:8080", "origin": "https://leads.example:8080"}


class Clock:
    now_ms = 1_000_000

    def __call__(self) -> int:
        return self.now_ms


def sessions_of(pairs=PAIRS, clock=None):
    return Sessions(Tokens(pairs), pairs, clock or Clock())


def test_a_cookie_is_its_tokens_and_has_its_scopes():
    sessions = sessions_of()
    cookie, opened = sessions.open("t-page")

    assert sessions.of(cookie) == opened
    assert (opened.grant.name, opened.grant.scopes) == ("page", {"read"})
    assert "t-page" not in cookie
    assert sessions.open("t-page")[0] != cookie


def test_a_token_that_is_nobodys_opens_nothing():
    with pytest.raises(Problem) as refused:
        sessions_of().open("t-none")
    assert refused.value.status == 401


def test_a_cookie_lives_for_twelve_hours():
    clock = Clock()
    sessions = sessions_of(clock=clock)
    cookie, _ = sessions.open("t-ops")
    clock.now_ms += LIFE_MS - 1
    assert sessions.of(cookie) is not None
    clock.now_ms += 1
    assert sessions.of(cookie) is None


def test_another_process_with_the_same_tokens_knows_it_and_one_without_the_token_does_not():
    cookie, opened = sessions_of().open("t-ops")

    assert sessions_of().of(cookie) == opened
    assert sessions_of({"page/read": "t-page"}).of(cookie) is None
    assert sessions_of(PAIRS | {"ops/read+write": "t-new"}).of(cookie) is None


def test_a_session_that_was_ended_is_nobodys():
    sessions = sessions_of()
    cookie, _ = sessions.open("t-ops")
    other, _ = sessions.open("t-ops")
    sessions.end(cookie)
    sessions.end("nonsense")

    assert sessions.of(cookie) is None
    assert sessions.of(other) is not None


def test_no_changed_cookie_is_let_in():
    sessions = sessions_of()
    cookie, _ = sessions.open("t-page")
    until_ms, nonce, said, signature = cookie.split(".")
    ops = sessions.open("t-ops")[0].split(".")[2]
    forged = [
        "",
        "...",
        "a.b.c.d",
        cookie[:-1],
        f"{int(until_ms) + 1}.{nonce}.{said}.{signature}",
        f"{until_ms}.{nonce}.{ops}.{signature}",
        f"{until_ms}.{nonce}.%%%.{signature}",
        f"{until_ms}.{nonce}.{said}.{'0' * len(signature)}",
        f"ключ.{cookie}",
        cookie + "x" * 5_000,
    ]
    assert [sessions.of(each) for each in forged] == [None] * len(forged)


@pytest.mark.parametrize(
    ("headers", "is_own"),
    [
        (OWN, True),
        ({"host": "leads.example:8080", "sec-fetch-site": "same-origin"}, True),
        (OWN | {"sec-fetch-site": "same-site"}, False),
        (OWN | {"sec-fetch-site": "cross-site"}, False),
        (OWN | {"sec-fetch-site": "none"}, False),
        (OWN | {"origin": "https://evil.example"}, False),
        (OWN | {"origin": "https://leads.example"}, False),
        (OWN | {"origin": "null"}, False),
        ({"host": "leads.example:8080"}, False),
        ({"host": "", "origin": ""}, False),
        ({}, False),
    ],
)
def test_what_changes_anything_comes_from_a_page_of_this_origin(headers, is_own):
    if is_own:
        refuse_other_sites(headers)
    else:
        with pytest.raises(Problem):
            refuse_other_sites(headers)


def test_the_cookie_alone_is_not_enough_and_anothers_csrf_token_is_none():
    sessions = sessions_of()
    _, mine = sessions.open("t-ops")
    _, other = sessions.open("t-ops")
    refuse_forged(mine, OWN | {"x-csrf-token": mine.csrf_token})
    for offered in ({}, {"x-csrf-token": ""}, {"x-csrf-token": other.csrf_token}, {"x-csrf-token": "ключ"}):
        with pytest.raises(Problem):
            refuse_forged(mine, OWN | offered)


def test_scripts_and_other_sites_do_not_get_the_cookie():
    assert set_cookie("c", is_secure=True) == (
        "streamprocessor_session=c; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"
    )
    assert "Max-Age=0" in set_cookie("", is_secure=False)
