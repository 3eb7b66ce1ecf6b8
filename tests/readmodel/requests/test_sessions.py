"""Cookies of sessions: whose they are, for how long, and that nobody makes them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.sessions import (
    LIFE_SECONDS,
    Session,
    Sessions,
    refuse_forged,
    refuse_other_sites,
    set_cookie,
)
from streamprocessor.readmodel.requests.tokens import Tokens
from tests.readmodel.clock import Clock

PAIRS = {"ops/read+write": "t-ops", "page/read": "t-page"}
OWN = {"host": "leads.example:8080", "origin": "https://leads.example:8080"}


def sessions_of(pairs: Mapping[str, str] = PAIRS, clock: Callable[[], int] | None = None) -> Sessions:
    return Sessions(pairs, clock or Clock())


def opened(sessions: Sessions, token: str, pairs: Mapping[str, str] = PAIRS) -> tuple[str, Session]:
    """The cookie and the session of who shows the token."""
    grant = Tokens(pairs).grant_of(token)
    assert grant is not None
    return sessions.open(token, grant)


def test_a_cookie_is_its_tokens_and_has_its_scopes() -> None:
    sessions = sessions_of()
    cookie, session = opened(sessions, "t-page")

    assert sessions.of(cookie) == session
    assert (session.grant.name, session.grant.scopes) == ("page", frozenset({"read"}))
    assert "t-page" not in cookie
    assert opened(sessions, "t-page")[0] != cookie


def test_a_cookie_lives_for_twelve_hours() -> None:
    clock = Clock()
    sessions = sessions_of(clock=clock)
    cookie, _ = opened(sessions, "t-ops")
    clock.now_ms += LIFE_SECONDS * 1000
    assert sessions.of(cookie) is not None
    clock.now_ms += 1000
    assert sessions.of(cookie) is None


def test_another_process_with_the_same_tokens_knows_it_and_one_without_the_token_does_not() -> None:
    cookie, session = opened(sessions_of(), "t-ops")

    assert sessions_of().of(cookie) == session
    assert sessions_of({"page/read": "t-page"}).of(cookie) is None
    assert sessions_of(PAIRS | {"ops/read+write": "t-new"}).of(cookie) is None


def test_while_a_token_is_replaced_nobody_is_signed_out_and_then_those_of_the_old_one_are() -> None:
    old, new = {"ops/read+write": "t-old"}, {"ops/write+read": "t-new"}
    both = old | new
    of_old, _ = opened(sessions_of(old), "t-old", old)
    of_both, _ = opened(sessions_of(both), "t-old", both)
    of_new, _ = opened(sessions_of(both), "t-new", both)

    assert None not in [sessions_of(both).of(cookie) for cookie in (of_old, of_both, of_new)]
    assert [sessions_of(new).of(cookie) is None for cookie in (of_old, of_both, of_new)] == [True, True, False]


def test_no_token_signs_for_another_name_or_other_scopes() -> None:
    for mine, other in (("page/read", "ops/read"), ("page/read", "page/read+write")):
        cookie, _ = opened(sessions_of({mine: "t"}), "t", {mine: "t"})
        assert sessions_of({other: "t"}).of(cookie) is None


def test_a_session_is_known_by_an_id_of_its_own_that_lets_nobody_in() -> None:
    sessions = sessions_of()
    (cookie, session), (_, other) = opened(sessions, "t-ops"), opened(sessions, "t-ops")
    again = sessions.of(cookie)

    assert again is not None
    assert again.id == session.id != other.id
    assert session.csrf_token not in session.id
    assert sessions.of(session.id) is None


def test_no_changed_cookie_is_let_in() -> None:
    sessions = sessions_of()
    cookie, _ = opened(sessions, "t-page")
    payload, stamp, signature = cookie.split(".")
    other = opened(sessions, "t-ops")[0].split(".")[0]
    forged = [
        "",
        "...",
        "a.b.c.d",
        cookie[:-1],
        f"{other}.{stamp}.{signature}",
        f"%%%.{stamp}.{signature}",
        f"{payload}.{stamp[:-1]}_.{signature}",
        f"{payload}.{stamp}.{'0' * len(signature)}",
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
def test_what_changes_anything_comes_from_a_page_of_this_origin(headers: dict[str, str], is_own: bool) -> None:
    if is_own:
        refuse_other_sites(headers)
    else:
        with pytest.raises(Problem):
            refuse_other_sites(headers)


def test_the_cookie_alone_is_not_enough_and_anothers_csrf_token_is_none() -> None:
    sessions = sessions_of()
    _, mine = opened(sessions, "t-ops")
    _, other = opened(sessions, "t-ops")
    refuse_forged(mine, OWN | {"x-csrf-token": mine.csrf_token})
    wrong: list[dict[str, str]] = [
        {},
        {"x-csrf-token": ""},
        {"x-csrf-token": other.csrf_token},
        {"x-csrf-token": "ключ"},
    ]
    for offered in wrong:
        with pytest.raises(Problem):
            refuse_forged(mine, OWN | offered)


def test_scripts_and_other_sites_do_not_get_the_cookie() -> None:
    assert set_cookie("c", is_secure=True) == (
        "streamprocessor_session=c; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure"
    )
    assert "Max-Age=0" in set_cookie("", is_secure=False)
