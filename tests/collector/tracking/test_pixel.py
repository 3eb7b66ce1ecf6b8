import pytest

from streamprocessor.collector.http.wire_format import RefusalError
from streamprocessor.collector.tracking.pixel import pixel
from streamprocessor.collector.tracking.tokens import Tracked
from tests.collector.input_topics import topic_of
from tests.collector.tracking.requests import AGENT, KEYS, NOW, NOW_MS, request, serve

PIXEL = pixel(KEYS)
PATH = f"/o/{KEYS.sign('open', Tracked('c-42', 'm-9', 'q4'))}.gif"


def test_a_pixel_is_an_open_of_that_message() -> None:
    served = serve(PIXEL, request("GET", PATH))

    (entry,) = served.decoded.entries
    assert (topic_of(entry), entry.contact_id) == ("email-opens", "c-42")
    assert entry.value == {
        "id": entry.value["id"],
        "contact_id": "c-42",
        "type": "email_open",
        "occurred_at": NOW,
        "properties": {"message": "m-9", "campaign": "q4"},
        "context": {"user_agent": AGENT, "ip": "203.0.113.9"},
    }


@pytest.mark.parametrize("path", [PATH, "/o/nothing.gif", "/o/.gif", f"/o/{KEYS.sign('click', Tracked('c-42'))}.gif"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_answer_is_always_a_gif_of_43_bytes_that_nobody_keeps(path: str, method: str) -> None:
    answer = serve(PIXEL, request(method, path)).answer

    assert (answer.status, answer.content_type, len(answer.body)) == (200, "image/gif", 43)
    assert answer.body[:6] == b"GIF89a"
    assert answer.headers == (("Cache-Control", "no-store"),)


def test_a_refusal_by_the_collector_is_the_same_gif() -> None:
    assert PIXEL.refusal_answer(RefusalError(503, "spool-full", "full", 5)) == serve(PIXEL, request("GET", PATH)).answer


def test_a_token_that_is_not_ours_is_no_open() -> None:
    assert serve(PIXEL, request("GET", PATH.replace("/o/A", "/o/B"))).values == []


def test_asking_for_the_headers_only_is_no_open() -> None:
    assert serve(PIXEL, request("HEAD", PATH)).values == []


def test_a_picture_fetched_ahead_is_a_proxys() -> None:
    (value,) = serve(PIXEL, request("GET", PATH, {"sec-purpose": "prefetch;anonymous-client-ip"})).values

    assert value["context"]["actor"] == "proxy"


@pytest.mark.parametrize(
    "headers",
    [{}, {"user-agent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"}],
)
def test_what_the_user_agent_tells_is_left_to_the_worker(headers: dict[str, str]) -> None:
    (value,) = serve(PIXEL, request("GET", PATH, headers)).values

    assert set(value["context"]) == {"user_agent", "ip"}


def test_each_fetch_is_an_open_of_its_own() -> None:
    ids = {serve(PIXEL, request("GET", PATH, at_ms=NOW_MS + ms)).values[0]["id"] for ms in (0, 1, 2)}

    assert len(ids) == 3
