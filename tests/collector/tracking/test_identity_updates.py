import pytest

from streamprocessor.collector.tracking.identity_updates import identity_updates
from tests.collector.input_topics import topic_of
from tests.collector.tracking.requests import NOW, NOW_MS

VISITOR, ADDRESS, KNOWN = "anon:v", "email:a", "c-42"


@pytest.mark.parametrize(
    ("token_contact", "address_contact", "visitor", "claims"),
    [
        (KNOWN, None, VISITOR, [(KNOWN, VISITOR)]),
        (None, ADDRESS, VISITOR, [(ADDRESS, VISITOR)]),
        (KNOWN, ADDRESS, VISITOR, [(KNOWN, VISITOR)]),  # an address_contact typed in may be a friend's
        (KNOWN, ADDRESS, None, []),
        (KNOWN, None, None, []),
        (None, ADDRESS, None, []),
        (None, None, VISITOR, []),
    ],
)
def test_a_visitor_is_claimed_by_one_person_and_two_persons_are_never_joined(
    token_contact: str | None, address_contact: str | None, visitor: str | None, claims: list[tuple[str, str]]
) -> None:
    made = identity_updates(token_contact, address_contact, visitor, NOW_MS)

    assert [(entry.contact_id, entry.value["anonymous_id"]) for entry in made] == claims
    for entry in made:
        assert (topic_of(entry), entry.value["update"], entry.value["occurred_at"]) == (
            "contact-updates",
            "identify",
            NOW,
        )


def test_the_same_claim_is_one_update_whenever_it_is_made() -> None:
    (first,), (later,) = (
        identity_updates(KNOWN, None, VISITOR, NOW_MS),
        identity_updates(KNOWN, None, VISITOR, NOW_MS + 1),
    )
    (rival,), (other,) = (
        identity_updates("c-43", None, VISITOR, NOW_MS),
        identity_updates(KNOWN, None, "anon:w", NOW_MS),
    )

    assert first.value["id"] == later.value["id"]
    assert len({first.value["id"], rival.value["id"], other.value["id"]}) == 3
