"""Hot leads are counted once each, and only one application's."""

from __future__ import annotations

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.shadow.hot_lead_count import HotLeadCount

SINCE_MS = 1_795_000_000_000
SOURCE = "streamprocessor/app"


def headers(id_: str, at_ms: int = SINCE_MS, source: str = SOURCE) -> list[tuple[str, bytes | None]]:
    found = {"ce_id": id_, "ce_time": format_rfc3339(at_ms), "ce_source": source}
    return [(name, value.encode()) for name, value in found.items()]


def test_one_that_comes_again_an_older_one_and_another_applications_do_not_count() -> None:
    hot_leads = HotLeadCount(SOURCE, SINCE_MS)
    for each in (
        headers("a"),
        headers("a"),
        headers("b", SINCE_MS + 5),
        headers("c", SINCE_MS - 1),
        headers("d", source=f"{SOURCE}.shadow"),
        [("ce_id", b"e")],
    ):
        hot_leads.note(each)

    assert hot_leads.count == 2


def test_by_the_day_they_are_told_once_an_hour_has_gone() -> None:
    hot_leads = HotLeadCount(SOURCE, SINCE_MS)
    for number in range(6):
        hot_leads.note(headers(str(number)))

    assert hot_leads.a_day(SINCE_MS + 60_000) is None
    assert hot_leads.a_day(SINCE_MS + DAY_MS // 2) == 12.0
    assert hot_leads.a_day(SINCE_MS + 3 * DAY_MS) == 2.0
