from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.collector.tracking.sites import read_sites
from streamprocessor.collector.urls import parameter_of, path_of, with_parameter, without_parameter
from streamprocessor.errors import OperatorError

QUERIES = st.lists(st.sampled_from(["a=1", "a=2", "b", "c=%20+x", "_sp=old", "_sp", "_spx=1", "d=ä"]), max_size=5)


@pytest.mark.parametrize(
    ("sites", "url", "is_ours"),
    [
        ("www.example.com", "https://www.example.com/a", True),
        ("www.example.com", "http://WWW.Example.com:80", True),
        ("www.example.com", "https://www.example.com:443/", True),
        ("www.example.com", "https://www.example.com:80/", False),
        ("www.example.com", "https://example.com/", False),
        ("www.example.com", "https://awww.example.com/", False),
        ("www.example.com", "https://www.example.com./", False),
        ("https://www.example.com", "http://www.example.com/", False),
        ("*.example.com", "https://a.b.example.com/", True),
        ("*.example.com", "https://example.com/", False),
        ("*.example.com", "https://notexample.com/", False),
        ("a.example, B.example/", "https://b.example/", True),
        ("http://localhost:8080", "http://localhost:8080/", True),
        ("localhost:8080", "https://localhost:8080/", True),
        ("localhost:8080", "http://localhost/", False),
        ("http://[::1]:8080", "http://[::1]:8080/", True),
        ("", "https://www.example.com/", False),
        *(
            ("*.example.com", f"https://evil.example{odd}.example.com/", False)
            for odd in (*("%2f", "%23", "%3f", "%5c", "\u3002", "\uff0f", "\u00fc"), *";,!&_'\"{|")
        ),
        ("*.example.com", "https://xn--mnchen-3ya.example.com/", True),
    ],
)
def test_a_site_is_a_host_under_its_port(sites: str, url: str, is_ours: bool) -> None:
    assert read_sites(sites).hold(url) is is_ours


@pytest.mark.parametrize(
    "text", ["ftp://a.example", "a.example/path", "*", "a b.example", "*example.com", "user@a.example"]
)
def test_what_names_no_site_is_refused(text: str) -> None:
    with pytest.raises(OperatorError, match="ALLOWED_SITES: wanted names"):
        read_sites(f"www.example.com,{text}")


@given(QUERIES, st.sampled_from(["", "#part", "#/a?_sp=no"]))
def test_a_parameter_is_put_in_and_taken_out_and_all_else_stays(pieces: list[str], fragment: str) -> None:
    url = "https://www.example.com/a" + ("?" + "&".join(pieces) if pieces else "") + fragment
    others = [piece for piece in pieces if piece.partition("=")[0] != "_sp"]

    tagged = with_parameter(url, "_sp", "new&1")

    assert urlsplit(tagged).query == "&".join([*others, "_sp=new%261"])
    assert ("#" + urlsplit(tagged).fragment if fragment else "") == fragment
    assert [value for name, value in parse_qsl(urlsplit(tagged).query) if name == "_sp"] == ["new&1"]
    assert urlsplit(without_parameter(tagged, "_sp")).query == "&".join(others)


def test_what_is_asked_of_no_url_is_nothing() -> None:
    assert path_of("nothing") is None
    assert parameter_of("nothing", "a") is None
    assert parameter_of("https://www.example.com/?a=&a=1", "a") == "1"


@pytest.mark.parametrize(("url", "path"), [("/a?b", "/a"), ("mailto:a@b.example", None), ("", None), (None, None)])
def test_a_path_is_read_off_addresses_that_have_one(url: str | None, path: str | None) -> None:
    assert path_of(url) == path
