from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from streamprocessor.cli.main import commands
from streamprocessor.collector.tracking.click import click
from streamprocessor.collector.tracking.pixel import pixel
from streamprocessor.collector.tracking.tracked_mail import TrackedMail, tracked_message
from tests.collector.tracking.requests import KEYS, NOW_MS, SITES, request, serve

Command = Callable[..., Result]

TRACK = "https://track.example.com"
MAIL = TrackedMail(KEYS, TRACK + "/", "c-42", "m-9", "q4")
URL = "https://www.example.com/pricing?a=1&b=2#top"


def followed(address: str) -> tuple[dict[str, Any], str | None]:
    """What the collector files where the address is asked for, and where it leads."""
    path = address.removeprefix(TRACK)
    wire_format = pixel(KEYS) if path.startswith("/o/") else click(KEYS, SITES)
    served = serve(wire_format, request("GET", path))
    return served.values[0], served.headers.get("Location")


def addresses(html: str) -> list[str]:
    return [unescape(address) for address in re.findall(rf'(?i)(?:href|src)="({TRACK}/[^"]*)"', html)]


def leads_to(address: str) -> str | None:
    link = KEYS.verify("click", address.rpartition("/")[2], NOW_MS)
    assert link is not None
    return link.url


def test_a_pixels_address_tells_of_the_open() -> None:
    value, _ = followed(MAIL.pixel_url())

    assert (value["type"], value["contact_id"]) == ("email_open", "c-42")
    assert value["properties"] == {"message": "m-9", "campaign": "q4"}


def test_a_links_address_tells_of_the_click_and_leads_to_its_url() -> None:
    value, location = followed(MAIL.link(URL))

    assert (value["type"], value["properties"]["url"]) == ("email_click", URL)
    assert location is not None
    assert location.startswith("https://www.example.com/pricing?a=1&b=2&_sp=")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/pricing", "mailto:ada@example.com", "https://a@b.example/"])
def test_no_other_address_becomes_a_link(url: str) -> None:
    with pytest.raises(ValueError, match="absolute http"):
        MAIL.link(url)


def test_a_messages_links_are_tracked_and_the_rest_stays_as_it_is() -> None:
    html = """<!doctype html><HTML><body class='x'>
<!-- <a href="https://comment.example/">c</a> -->
<p title='<a href="https://title.example/">'>5 &lt; 6 &nbsp;
<a class=b HREF='https://www.example.com/?a=1&amp;b=2' title="see href=https://no.example/">one</a>
<A href=https://bare.example/x>two</A> <area shape="rect" href="http://area.example/">
<a href="mailto:ada@example.com">m</a> <a href="#top">t</a> <a href="{{unsubscribe}}">u</a> <a name="x">n</a>
<a href="https://plain.example/" data-untracked>p</a>
</body></HTML>
"""
    tracked = tracked_message(html, MAIL)

    *links, picture = addresses(tracked)
    assert [leads_to(link) for link in links] == [
        "https://www.example.com/?a=1&b=2",
        "https://bare.example/x",
        "http://area.example/",
    ]
    assert picture.startswith(f"{TRACK}/o/")
    assert re.search(r'<img src="[^"]+" width="1" height="1" alt="" style="border:0"></body></HTML>\n$', tracked)
    restored = re.sub(r"<img src=[^>]+>", "", tracked)
    for link, before in zip(
        links,
        ["HREF='https://www.example.com/?a=1&amp;b=2'", "href=https://bare.example/x", 'href="http://area.example/"'],
        strict=True,
    ):
        restored = re.sub(rf'href="{re.escape(link)}"', _always(before), restored, flags=re.IGNORECASE)
    assert restored == html


def _always(text: str) -> Callable[[re.Match[str]], str]:
    return lambda _: text


def test_a_message_without_a_body_gets_its_pixel_at_the_end() -> None:
    assert tracked_message("<p>Hello", MAIL).startswith("<p>Hello<img src=")


def test_the_honeypot_is_a_link_that_no_person_sees_to_where_the_first_one_leads() -> None:
    tracked = tracked_message(f'<a href="{URL}">a</a><a href="https://b.example/">b</a>', MAIL, honeypot=True)

    trap = re.search(r'<a href="([^"]+)" style="display:none" tabindex="-1" aria-hidden="true"></a>', tracked)
    assert trap is not None
    value, location = followed(trap[1])
    assert (value["properties"]["honeypot"], location) == (True, URL)


def test_a_message_without_links_has_no_honeypot() -> None:
    assert "<a" not in tracked_message("<p>Hello", MAIL, honeypot=True)


class Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a" and dict(attrs).get("href"):
            self.urls.append(dict(attrs)["href"] or "")


@settings(max_examples=200)
@given(
    st.lists(
        st.one_of(
            st.text("ab \n\r\"'<>/=&;ä", max_size=12),
            st.sampled_from(["https://x.example/?a=1&amp;b", "mailto:a@b.cd"]).flatmap(
                lambda url: st.sampled_from([f'<a href="{url}">', f"<a\nhref='{url}' b=c>", f"<a x='>' href={url}>"])
            ),
            st.sampled_from(["<body>", "</body>", "<!--", "-->", "<style>", "</style>", "</a>"]),
        ),
        max_size=8,
    ).map("".join)
)
def test_in_any_message_the_same_links_lead_to_the_same_places(html: str) -> None:
    tracked = tracked_message(html, MAIL)

    after = [leads_to(url) if url.startswith(f"{TRACK}/c/") else url for url in Links(tracked).urls]
    assert after == Links(html).urls


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("STREAMPROCESSOR_TOKEN_KEYS", "k1=0123456789abcdef")
    monkeypatch.setenv("STREAMPROCESSOR_DATA_DIR", str(tmp_path / "data"))

    def call(*words: str, **more: Any) -> Result:
        return CliRunner().invoke(commands, ["links", "--contact", "c-42", "--public-url", TRACK, *words], **more)

    return call


def test_the_command_makes_addresses(links: Command) -> None:
    result = links("--message", "m-9", "--campaign", "q4", "--url", URL, "--honeypot", "--json")

    addresses_by_use = orjson.loads(result.stdout)
    assert followed(addresses_by_use["pixel"])[0]["properties"] == {"message": "m-9", "campaign": "q4"}
    assert list(addresses_by_use["links"]) == [URL]
    assert leads_to(addresses_by_use["links"][URL]) == URL
    assert followed(addresses_by_use["honeypot"])[0]["properties"]["honeypot"] is True


def test_the_command_prints_an_address_a_line_for_people(links: Command) -> None:
    result = links("--url", URL, "--url", "https://b.example/")

    assert [line.split()[0] for line in result.stdout.splitlines()] == ["pixel", URL, "https://b.example/"]


def test_the_command_rewrites_a_message(links: Command, tmp_path: Path) -> None:
    message = tmp_path / "mail.html"
    message.write_bytes(f'<p>Größe</p>\r\n<a href="{URL}">a</a>'.encode())

    from_file, from_stdin = links("--html", str(message)), links("--html", "-", input=message.read_bytes())

    assert (
        from_file.stdout_bytes.decode()
        == from_stdin.stdout_bytes.decode()
        == tracked_message(message.read_bytes().decode(), TrackedMail(KEYS, TRACK, "c-42"))
    )


def test_without_keys_the_command_signs_with_those_that_the_collector_on_this_machine_made(
    links: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STREAMPROCESSOR_TOKEN_KEYS")

    first, second = links(), links()

    assert first.exit_code == 0
    assert first.stdout == second.stdout
    (file,) = (tmp_path / "data").iterdir()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "words",
    [("--url", "javascript:x"), ("--honeypot",), ("--html", "-", "--json"), ("--url", URL, "--html", "-")],
)
def test_what_makes_no_link_is_a_usage_error(links: Command, words: tuple[str, ...]) -> None:
    assert links(*words).exit_code == 2
