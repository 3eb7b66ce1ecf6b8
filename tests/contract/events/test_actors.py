"""Who did it, told by user agents as they are really sent, and by headers."""

import csv
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from streamprocessor.contract.events.actors import LONGEST, actor_of
from streamprocessor.contract.events.events import decode_fact
from streamprocessor.scoring.record.facts import Event

ROOT = Path(__file__).parents[3]
DATA = ROOT.parent / "shared" / "data"
PEOPLE = (Path(__file__).parent / "people.txt").read_text().splitlines()
CHROME = PEOPLE[0]
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246"
)
has_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")


@pytest.mark.parametrize("user_agent", PEOPLE)
def test_what_people_read_with_is_human(user_agent: str) -> None:
    assert actor_of(user_agent) == "human"


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "Mozilla/5.0 (Windows; U; Windows NT 5.1; de; rv:1.9.0.7) Gecko/2009021910 Firefox/3.0.7 "
        "(via ggpht.com GoogleImageProxy)",
        f"{EDGE} Mozilla/5.0",
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
        "Mozilla/5.0",
        "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
    ],
)
def test_what_fetches_for_a_person_is_a_proxy(user_agent: str) -> None:
    assert actor_of(user_agent) == "proxy"


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) "
        "Chrome/116.0.1938.76 Safari/537.36",
        "Mozilla/5.0 (compatible; BeetleBot; )",
        "Mozilla/5.0 (compatible; EasouSpider; +http://www.easou.com/search/spider.html)",
        "LumiBot 2.0",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Barracuda Sentinel (EE)",
        "Mozilla/5.0 (compatible; proofpoint)",
        "CiscoSecureEmail",
        f"{EDGE} Gmail-content-sampling",
        "Microsoft Office Existence Discovery",
        "UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/",
        "curl/8.14.1",
        "Wget/1.14 (linux-gnu)",
        "python-requests/2.32.5",
        "Python-urllib/3.11",
        "Python/3.13 aiohttp/3.13.2",
        "python-httpx/0.28.1",
        "Go-http-client/2.0",
        "okhttp/4.12.0",
        "Java/21.0.2",
        "Apache-HttpClient/4.5.14 (Java/17.0.9)",
        "axios/1.13.2",
        "node",
        "Ruby",
        "libwww-perl/6.79",
        "GuzzleHttp/7",
        "PostmanRuntime/7.49.1",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.26100.7019",
    ],
)
def test_what_reads_for_nobody_is_a_scanner(user_agent: str) -> None:
    assert actor_of(user_agent) == "scanner"


@pytest.mark.parametrize(
    ("headers", "actor"),
    [
        ({"purpose": "prefetch"}, "proxy"),
        ({"sec-purpose": "prefetch;prerender"}, "proxy"),
        ({"sec-purpose": "prefetch;anonymous-client-ip"}, "proxy"),
        ({"x-purpose": "preview"}, "proxy"),
        ({"x-moz": "Prefetch"}, "proxy"),
        ({"x-moz": "1"}, "human"),
        ({"accept": "prefetch"}, "human"),
        ({}, "human"),
        (None, "human"),
    ],
)
def test_a_request_that_says_that_nobody_looks_yet_is_a_proxys(headers: Any, actor: str) -> None:
    assert actor_of(CHROME, headers) == actor
    assert actor_of(None, headers) == actor
    assert actor_of("curl/8.14.1", headers) == "scanner"


@pytest.mark.parametrize("user_agent", [None, "", "-", " ", "\x00", "é" * 50, "\ud800", "&as_qdr=all", EDGE])
def test_what_says_nothing_of_itself_is_human(user_agent: str) -> None:
    assert actor_of(user_agent) == "human"


@pytest.mark.parametrize("stuff", ["a", "Mozilla/5.0 (", "bo", "http://", "((((", "x ", "0."])
def test_a_hostile_user_agent_costs_no_more_than_its_length(stuff: str) -> None:
    began = time.process_time()
    for number in range(50):
        assert actor_of(f"{number} " + stuff * 100_000) == "human"
    assert time.process_time() - began < 1


def test_nothing_behind_the_longest_part_is_looked_at() -> None:
    assert actor_of("x" * (LONGEST - 20) + " Googlebot/2.1") == "scanner"
    assert actor_of("x" * LONGEST + " Googlebot/2.1") == "human"


@pytest.mark.parametrize(
    ("context", "actor"),
    [
        ({"user_agent": "curl/8.14.1"}, "scanner"),
        ({"user_agent": "Mozilla/5.0"}, "proxy"),
        ({"user_agent": CHROME}, "human"),
        ({"user_agent": "curl/8.14.1", "actor": None}, "scanner"),
        ({"user_agent": "curl/8.14.1", "actor": "human"}, "human"),
        ({"user_agent": CHROME, "actor": "scanner"}, "scanner"),
        ({"user_agent": ["curl/8.14.1"]}, "human"),
        ({"user_agent": None}, "human"),
    ],
)
def test_an_event_that_does_not_say_who_did_it_is_classed_by_its_user_agent(
    context: dict[str, Any], actor: str
) -> None:
    event = decode_fact({"type": "email_open", "context": context}, "c", 1_795_334_400_000)
    assert isinstance(event, Event)
    assert event.actor == actor


@has_data
def test_the_robots_of_a_real_log_are_scanners_and_few_others_are() -> None:
    agents = [line.split('"')[5] for line in (DATA / "apache_access.log").read_text(errors="replace").splitlines()]
    named = [agent for agent in agents if any(word in agent.lower() for word in ("bot", "spider", "crawl", "slurp"))]
    assert {actor_of(agent) for agent in named} == {"scanner"}
    assert Counter(map(actor_of, agents)) == {"human": 7_376, "scanner": 2_590, "proxy": 34}


@has_data
@pytest.mark.parametrize(
    ("file", "actors"),
    [
        ("activity_open_email.csv", {"human": 56, "proxy": 44}),
        ("activity_click_email.csv", {"human": 100}),
        ("activity_unsubscribe_email.csv", {"human": 100}),
    ],
)
def test_the_mail_programs_of_a_real_export_are_people_and_proxies(file: str, actors: Any) -> None:
    with (DATA / "marketo" / file).open(encoding="utf-8-sig") as lines:
        assert Counter(actor_of(row["user_agent"]) for row in csv.DictReader(lines)) == actors


@pytest.mark.parametrize("user_agent", ["", " ", "-", " - "])
@pytest.mark.parametrize(("event_type", "actor"), [("email_click", "scanner"), ("page_visit", "human")])
def test_who_follows_a_mails_link_without_saying_with_what_is_a_scanner(
    user_agent: str, event_type: str, actor: str
) -> None:
    body = {"type": event_type, "context": {"user_agent": user_agent}}
    assert decoded(body).actor == actor
    assert decoded(body | {"context": {"user_agent": user_agent, "actor": "proxy"}}).actor == "proxy"


def test_a_click_of_which_no_user_agent_is_known_is_a_persons() -> None:
    assert decoded({"type": "email_click", "context": {"ip": "192.0.2.1"}}).actor == "human"


def decoded(body: dict[str, Any]) -> Event:
    event = decode_fact(body, "c", 1_795_334_400_000)
    assert isinstance(event, Event)
    return event
