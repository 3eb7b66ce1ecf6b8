import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamprocessor.contract.contact_ids import visible_address
from streamprocessor.contract.field_words import (
    NO_ADDRESS,
    SEVERAL_ADDRESSES,
    FieldHints,
    SubmittersAddress,
    read_form_words,
)

WORDS = read_form_words(True)
ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "email",
            "E-Mail",
            "EMAIL",
            "your-email",
            "mauticform[email]",
            "form_fields[email]",
            "eMailAdresse",
            "e_mail",
        ),
        *(
            "courriel",
            "correo",
            "Correo electrónico",
            "epost",
            "sähköposti",
            "Почта",
            "メールアドレス",
            "邮箱",
            "이메일",
        ),
        *("reply_to", "replyTo", "work_email", "contact[email_address]", "user.email", "email[0]", "from_email"),
    ],
)
def test_the_senders_address_is_found_by_its_name_beside_any_other(name: str) -> None:
    assert WORDS.submitters_address({"x": BOB, name: f" {ADA} ", "message": "hello"}) == SubmittersAddress(ADA)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "email_to",
            "emailTo",
            "tomail",
            "hidden_email",
            "noreply",
            "emailto",
            "to",
            "cc",
            "bcc",
            "friend",
            "friend_email",
            "emailFriend",
            "recipient",
            "tomail",
            "hidden_email",
            "noreply",
        ),
        *(
            "form[recipient_email]",
            "E-Mail des Freundes",
            "email_ami",
            "correo_amigo",
            "メール（友達）",
            "send-to-email",
        ),
        *("友達メール", "invitee_email", "colleague", "email an", "destinataire"),
    ],
)
def test_an_address_of_somebody_else_is_nobodys_who_sends(name: str) -> None:
    assert WORDS.submitters_address({name: BOB}) == SubmittersAddress(None, NO_ADDRESS)
    assert WORDS.submitters_address({name: BOB, "input_3": ADA}) == SubmittersAddress(ADA)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"input_3": ADA, "message": f"write to {BOB}"}, ADA),
        ({"email": "none", "email2": ADA}, ADA),
        ({"email": ADA, "email2": BOB}, ADA),
        ({"work_email": BOB, "email": ADA}, ADA),
        ({"email": ADA, "confirm_email": "Ada@Example.com"}, ADA),
        ({"a": ADA, "b": " ADA@example.com"}, ADA),
        ({"email": "\ufeffada@example.com\u200b"}, ADA),
        ({"work_email": BOB, "private_email": ADA}, None),
        ({"a": ADA, "b": BOB}, None),
        ({"email": "ada@example"}, None),
        ({"email": f"{ADA}, {BOB}"}, None),
        ({"email": "a" * 300 + "@example.com"}, None),
        ({"message": "hello"}, None),
    ],
)
def test_of_several_addresses_the_plainest_name_counts_and_what_is_unclear_is_nobodys(
    fields: dict[str, str], found: str | None
) -> None:
    assert WORDS.submitters_address(fields).address == found


def test_it_is_said_why_a_form_names_nobody() -> None:
    assert WORDS.submitters_address({}).reason == NO_ADDRESS
    assert WORDS.submitters_address({"a": ADA, "b": BOB}).reason == SEVERAL_ADDRESSES


@pytest.mark.parametrize(
    ("hints", "found"),
    [
        (FieldHints("b"), BOB),
        (FieldHints("b", ["b"]), ADA),
        (FieldHints(None, ["a"]), BOB),
        (FieldHints("friend"), None),
        (FieldHints("none"), None),
        (FieldHints(None, ["a", "b"]), None),
    ],
)
def test_what_the_page_says_goes_first_and_a_hidden_field_is_nobodys(hints: FieldHints, found: str | None) -> None:
    assert WORDS.submitters_address({"a": ADA, "b": BOB, "friend": "carl@example.com"}, hints).address == found


@pytest.mark.parametrize(
    ("fields", "attributes"),
    [
        ({"name": "Ada Byron", "tel": "+44 1"}, {"full_name": "Ada Byron", "phone": "+44 1"}),
        ({"Vorname": "Ada", "Nachname": "Byron"}, {"first_name": "Ada", "last_name": "Byron"}),
        ({"prénom": "Ada", "nom": "Byron"}, {"first_name": "Ada", "last_name": "Byron"}),
        ({"name": "Ada", "surname": "Byron"}, {"first_name": "Ada", "last_name": "Byron"}),
        ({"your-name": "Ada", "your_phone": "1"}, {"full_name": "Ada", "phone": "1"}),
        ({"form_fields[first_name]": "Ada", "お名前": "エイダ"}, {"first_name": "Ada", "full_name": "エイダ"}),
        ({"Straße": "Ring 1", "PLZ": "10115", "Ort": "Berlin", "Land": "DE"},
         {"street": "Ring 1", "postal_code": "10115", "city": "Berlin", "country": "DE"}),
        ({"billing_city": "London", "zipCode": "N1", "address-line-1": "1 Ring"},
         {"city": "London", "postal_code": "N1", "street": "1 Ring"}),
        ({"Company": " Example Ltd ", "job-title": "CTO", "organization_title": "x"},
         {"company": "Example Ltd", "job_title": "CTO"}),
        ({"address": "bob@example.com", "diagnosis": "x", "username": "ada", "phone": " "}, {}),
    ],
)  # fmt: skip
def test_what_a_form_tells_of_a_person_is_known_by_the_names_of_its_fields(
    fields: dict[str, str], attributes: dict[str, str]
) -> None:
    assert WORDS.attributes_in(fields, None) == attributes
    assert WORDS.attributes_in(fields, ADA) == attributes | {"email": ADA}


def test_what_people_are_called_and_where_they_are_reached_may_be_left_out() -> None:
    fields = {"name": "Ada", "email": ADA, "phone": "1", "city": "London", "company": "Example Ltd"}

    assert read_form_words(False).attributes_in(fields, ADA) == {"company": "Example Ltd"}


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20) | st.sampled_from([ADA, BOB]), max_size=6), st.text())
def test_no_field_brings_the_reader_down_and_an_address_is_always_one_that_was_typed(
    fields: dict[str, str], hint: str
) -> None:
    found = WORDS.submitters_address(fields, FieldHints(hint))

    assert (found.address is None) == (found.reason is not None)
    assert found.address is None or found.address in {visible_address(value) for value in fields.values()}
    WORDS.attributes_in(fields, found.address)
