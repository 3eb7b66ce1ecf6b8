from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings

from streamprocessor.cli.main import commands
from streamprocessor.collector.tracking.click import click
from streamprocessor.collector.tracking.markup.link_places import link_places
from streamprocessor.collector.tracking.pixel import pixel
from streamprocessor.collector.tracking.tracked_mail import TrackedMail, track_message, tracked_message
from streamprocessor.contract.contact_ids import ContactIds
from tests.collector.tracking.mail_markup import markup
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
    return [unescape(address) for address in re.findall(rf"""(?i)(?:href|src)=["']({TRACK}/[^"']*)["']""", html)]


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
        restored = re.sub(rf"""href=["']{re.escape(link)}["']""", _always(before), restored, flags=re.IGNORECASE)
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


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("https://a.example/list?cat=1&region=eu&copy=1", "https://a.example/list?cat=1&region=eu&copy=1"),
        ("https://a.example/?a=1&amp;region=2", "https://a.example/?a=1&region=2"),
        ("https://a.example/?a=1&#38;b=2&#x26;c=3&#38d=4", "https://a.example/?a=1&b=2&c=3&d=4"),
        ("https://a.example/?x&notit;&notin;&lt=5&copyx", "https://a.example/?x&notit;\u2209&lt=5&copyx"),
        ("https://a.example/?q=1&copy", "https://a.example/?q=1\u00a9"),
        ("https://a.example/?q=1&copy/", "https://a.example/?q=1\u00a9/"),
        (
            "https://a.example/?a=1&times=2&para=3&sect;&unknown;&;&",
            "https://a.example/?a=1&times=2&para=3\u00a7&unknown;&;&",
        ),
        (" \n https://a.example/long\n er?a=1 ", "https://a.example/long er?a=1"),
        ("https://a.example/wrap\r\nped", "https://a.example/wrapped"),
    ],
)
def test_an_address_is_read_as_browsers_read_it(raw: str, url: str) -> None:
    assert [link.url for link in link_places(f"<a href='{raw}'>a</a>").links] == [url]


def test_raw_ampersands_lead_where_they_led() -> None:
    url = "https://example.com/list?cat=1&region=eu&copy=1"

    link, _ = addresses(tracked_message(f'<a href="{url}">a</a>', MAIL))
    assert followed(link)[1] == url


PLACEHOLDERS = [
    "https://a.example/?id={{contact.id}}",
    "https://{{host}}/x",
    "https://a.example/?id=*|UNIQID|*",
    "https://a.example/?id=%recipient.id%",
    "https://a.example/%%unsubscribe_url%%",
    "https://a.example/?id=[[id]]",
    "https://a.example/?id=${id}",
    "https://a.example/?id=#{id}",
    "https://a.example/?id={$id}",
    "https://a.example/?id={% if a %}1{% endif %}",
    "https://a.example/?id=&lt;%= id %&gt;",
]


@pytest.mark.parametrize("url", PLACEHOLDERS)
def test_an_address_that_a_template_has_yet_to_fill_in_is_left_alone_and_named(url: str) -> None:
    html = f'<a href="{url}">a</a><a href="{URL}">b</a>'
    message = track_message(html, MAIL)

    with pytest.raises(ValueError, match="placeholders"):
        MAIL.link(unescape(url))
    assert message.with_placeholders == [unescape(url)]
    assert f'<a href="{url}">' in message.html
    assert [leads_to(link) for link in addresses(message.html)[:-1]] == [URL]


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/?q=%20a%20b",
        "https://a.example/%C3%A4/",
        "https://a.example/?discount=50%",
        "https://a.example/{x}",
    ],
)
def test_percent_signs_and_single_braces_are_no_placeholders(url: str) -> None:
    assert [leads_to(link) for link in addresses(tracked_message(f'<a href="{url}">a</a>', MAIL))[:-1]] == [url]


def test_outlooks_shapes_and_conditional_comments_are_tracked_and_other_comments_are_not() -> None:
    html = """<!doctype html><body>
<!--[if mso]><v:roundrect xmlns:v="urn:x" href="https://a.example/vml" arcsize="8%"><a href="https://a.example/mso">a</a>
</v:roundrect></body><![endif]-->
<!--[if !mso]><!--><a href="https://a.example/others">b</a><!--<![endif]-->
<![if !mso]><a href="https://a.example/revealed">c</a><![endif]>
<!-- <a href="https://a.example/comment">d</a> --> <v:rect data-untracked href="https://a.example/no">
<o:x href="https://a.example/no"></o:x></body>
"""
    tracked = tracked_message(html, MAIL)
    assert [leads_to(link) for link in addresses(tracked)[:-1]] == [
        f"https://a.example/{name}" for name in ("vml", "mso", "others", "revealed")
    ]
    assert tracked.endswith('style="border:0"></body>\n')


def test_a_message_that_is_tracked_already_stays_as_it_is() -> None:
    once = track_message(f'<a href="{URL}">a</a><v:rect href="{URL}">', MAIL, honeypot=True)
    again = track_message(once.html, TrackedMail(KEYS, TRACK, "c-43"), honeypot=True)

    assert (again.html, again.tracked_before, once.tracked_before) == (once.html, 3, 0)


@pytest.mark.parametrize(
    "html",
    [
        '<a title="never closed href=https://a.example/1></a><a href=https://a.example/2>',
        "<a href='https://a.example/1",
        '<script>"<a href=https://a.example/1>"</script><style><a href=https://a.example/1></style>',
        "<textarea><a href=https://a.example/1></textarea><title><a href=https://a.example/1></TITLE >",
        "<!-- never closed <a href=https://a.example/1>",
        "<a data-href=https://a.example/1 href><a href=><a href='' href=https://a.example/1>",
        "<a\u00a0href=https://a.example/1>",
        "<link href=https://a.example/1><base href=https://a.example/1>",
        "<a href=mailto:ada@example.com><a href=tel:+491><a href=#part><a href=sms:1><a href=//a.example/>",
        "<a href='javascript:https://a.example/1'><a href='https://a@b.example/'><a href='https://a.example/a b'>",
    ],
)
def test_what_is_no_link_of_the_web_stays_as_it_is(html: str) -> None:
    picture = tracked_message("", MAIL)
    tracked = track_message(html, MAIL)
    assert (tracked.html, tracked.with_placeholders) == (html + picture, [])


@settings(max_examples=300)
@given(markup())
def test_in_any_message_nothing_changes_but_where_links_lead_through(html: str) -> None:
    before = link_places(html)
    tracked = tracked_message(html, MAIL)
    after = link_places(tracked)

    assert [leads_to(link.url) if MAIL.is_tracked(link.url) else link.url for link in after.links] == [
        link.url for link in before.links
    ]
    restored = tracked
    for now, was in zip(reversed(after.links), reversed(before.links), strict=True):
        restored = restored[: now.start] + html[was.start : was.end] + restored[now.end :]
    picture = tracked_message("", MAIL)
    assert (restored.count(picture), restored.replace(picture, "")) == (1, html)


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("STREAMPROCESSOR_TOKEN_KEYS", "k1=0123456789abcdef")
    monkeypatch.setenv("STREAMPROCESSOR_DATA_DIR", str(tmp_path / "data"))

    def call(*words: str, whom: Sequence[str] = ("--contact", "c-42"), **more: Any) -> Result:
        return CliRunner().invoke(commands, ["links", *whom, "--public-url", TRACK, *words], **more)

    return call


def test_the_command_makes_addresses(links: Command) -> None:
    result = links("--message", "m-9", "--campaign", "q4", "--url", URL, "--honeypot", "--json")

    addresses_by_use = orjson.loads(result.stdout)
    assert followed(addresses_by_use["pixel"])[0]["properties"] == {"message": "m-9", "campaign": "q4"}
    assert list(addresses_by_use["links"]) == [URL]
    assert leads_to(addresses_by_use["links"][URL]) == URL
    assert followed(addresses_by_use["honeypot"])[0]["properties"]["honeypot"] is True


def test_a_mail_to_an_address_is_that_of_whom_a_form_with_it_is_filed_under(
    monkeypatch: pytest.MonkeyPatch, links: Command
) -> None:
    monkeypatch.setenv("STREAMPROCESSOR_ADDRESS_SALT", "of the tests, for addresses")
    contact = ContactIds("of the tests, for addresses").address("kim@example.com")

    pixel = orjson.loads(links("--json", whom=("--address", " Kim@Example.COM")).stdout)["pixel"]

    assert followed(pixel)[0]["contact_id"] == contact


@pytest.mark.parametrize(
    ("whom", "complaint"),
    [
        ((), "got neither"),
        (("--contact", "c-42", "--address", "kim@example.com"), "got both"),
        (("--address", "kim"), "wanted one mail address; got 'kim'"),
        (("--address", "kim@example.com"), "STREAMPROCESSOR_ADDRESS_SALT"),
    ],
)
def test_the_command_wants_one_contact_or_one_address_and_the_salt_that_addresses_are_hashed_with(
    links: Command, whom: tuple[str, ...], complaint: str
) -> None:
    result = links("--url", URL, whom=whom)

    assert result.exit_code != 0
    assert complaint in f"{result.stderr}{result.exception}"


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


def test_the_command_keeps_bytes_that_are_no_text_and_says_which_links_it_left_alone(links: Command) -> None:
    message = b'Gr\xfc\xdfe <a href="https://a.example/\xfc">a</a> <a href="https://a.example/{{id}}\x1b[2J">b</a>'
    first = links("--html", "-", input=message)
    again = links("--html", "-", input=links("--html", "-", input=f'<a href="{URL}">'.encode()).stdout_bytes)

    assert first.stdout_bytes.startswith(message + b"<img ")
    assert "fill it in: https://a.example/{{id}}\\x1b[2J\n" in first.stderr
    assert "tracked already: 1 links" in again.stderr


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
