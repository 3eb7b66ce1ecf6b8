"""Exports of other programs with their real headers, 50 rows each, and the usual dirt in them.

Row 5 has a line end in a cell, row 7 no address but a text, row 13 an empty one, row 21 is row 20 again, each ninth
opted out; names have umlauts, firms commas and quotes, numbers thousands.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

ROWS = 50
NOT_AN_ADDRESS, NO_ADDRESS, REPEATED = 7, 13, 21
FIRST_NAMES = ("Kim", "Ümit", "Zoë", "Siobhán", "")
LAST_NAMES = ("Lee", "O'Brien", "Müller-Lüdenscheidt", "")


@dataclass(frozen=True)
class Person:
    """Who a row is about; number: of the row, from 0."""

    number: int

    @property
    def email(self) -> str:
        return {NOT_AN_ADDRESS: "not an address", NO_ADDRESS: ""}.get(self.number, f"kim.{self.number}@example.com")

    @property
    def first_name(self) -> str:
        return FIRST_NAMES[self.number % len(FIRST_NAMES)]

    @property
    def last_name(self) -> str:
        return LAST_NAMES[self.number % len(LAST_NAMES)]

    @property
    def firm(self) -> str:
        return "" if self.number % 4 == 3 else f'Example "{self.number}", Söhne & Co'

    @property
    def note(self) -> str:
        return "first line\nsecond line" if self.number == 5 else ""

    @property
    def size(self) -> str:
        return "" if self.number % 6 == 5 else f"{self.number * 100 + 900:,}"

    @property
    def opens(self) -> int:
        return self.number % 4

    @property
    def is_opted_out(self) -> bool:
        return self.number % 9 == 8

    @property
    def day(self) -> str:
        return f"2026-{self.number % 9 + 1:02}-{self.number % 28 + 1:02}"


Cells = dict[str, str]
"""Of one row, by the names of their columns."""


def _hubspot_contact(who: Person) -> Cells:
    return {
        "Record ID": str(51_000 + who.number),
        "First Name": who.first_name,
        "Last Name": who.last_name,
        "Email": who.email,
        "Phone Number": "" if who.number % 3 else "+49 30 901820",
        "Company Name": who.firm,
        "Contact owner": "Ada Example (ada@example.com)",
        "Last Activity Date": f"{who.day} 09:30",
        "Lead Status": "New",
        "Lifecycle Stage": ("Lead", "Marketing Qualified Lead", "Customer")[who.number % 3],
        "Marketing contact status": "Marketing contact",
        "Create Date": "2025-05-13 11:00",
        "Number of Employees": who.size,
        "Message": who.note,
        "Unsubscribed from all email": "true" if who.is_opted_out else "",
        "Marketing emails opened": "" if who.number % 5 == 0 else str(who.opens),
        "Last marketing email open date": f"{who.day} 10:00" if who.opens else "",
    }


def _hubspot_event(who: Person) -> Cells:
    kinds = ("SENT", "DELIVERED", "OPEN", "CLICK", "PROCESSED", "BOUNCE", "SPAMREPORT", "STATUSCHANGE")
    return {
        "id": f"a1b2c3d4-{who.number:04}",
        "created": f"{who.day} 08:15:{who.number % 60:02}" + ("" if who.number % 9 == 0 else ".123000"),
        "type": kinds[who.number % len(kinds)],
        "recipient": who.email,
        "portalId": "62515",
        "appName": "Batch",
        "emailCampaignId": "8042001",
        "url": "https://example.com/pricing?a=1,2" if kinds[who.number % len(kinds)] == "CLICK" else "",
    }


def _mailchimp_member(who: Person) -> Cells:
    return {
        "Email Address": who.email,
        "First Name": who.first_name,
        "Last Name": who.last_name,
        "Address": f"Straße {who.number}, 10117 Berlin",
        "Phone Number": "",
        "MEMBER_RATING": str(who.number % 5 + 1),
        "OPTIN_TIME": "",
        "CONFIRM_TIME": f"{who.day} 14:40:47",
        "CC": "DE",
        "LAST_CHANGED": f"{who.day} 14:40:47",
        "LEID": str(44_877_845 + who.number),
        "EUID": f"c2cb0681{who.number:02}",
        "NOTES": who.note,
        "TAGS": '"Fair 2026","Newsletter"',
    }


def _mailchimp_unsubscribed(who: Person) -> Cells:
    return _mailchimp_member(who) | {
        "UNSUB_TIME": f"{who.day} 20:00:00",
        "UNSUB_CAMPAIGN_TITLE": "Autumn, part 1",
        "UNSUB_REASON": "NORMAL" if who.number % 2 else "",
    }


def _mailchimp_open(who: Person) -> Cells:
    return {"Timestamp": f"{who.day} 07:00:0{who.number % 10}", "Email": who.email}


def _mailchimp_click(who: Person) -> Cells:
    return _mailchimp_open(who) | {"Url": "https://example.com/?a=1,2"}


def _activecampaign(who: Person) -> Cells:
    return {
        "Contact ID": str(who.number + 1),
        "Email": who.email,
        "First Name": who.first_name,
        "Last Name": who.last_name,
        "Phone": "",
        "Account": who.firm,
        "Job Title": "",
        "Tags": "fair, newsletter",
        "Date Created": f"{who.day}T10:00:00-05:00",
        "Status": "Unsubscribed" if who.is_opted_out else "Active",
        "Notes": who.note,
    }


def _klaviyo(who: Person) -> Cells:
    return {
        "Email": who.email,
        "Klaviyo ID": f"01HX{who.number:022}",
        "First Name": who.first_name,
        "Last Name": who.last_name,
        "Organization": who.firm,
        "Title": "",
        "Phone Number": "",
        "City": "Köln",
        "Country": "Germany",
        "Email Marketing Consent": "UNSUBSCRIBED" if who.is_opted_out else "SUBSCRIBED",
        "Last Active": who.day,
        "Note": who.note,
    }


def _salesforce_lead(who: Person) -> Cells:
    return {
        "Id": f"00Q5g000003{who.number:04}EAA",
        "IsDeleted": "0",
        "LastName": who.last_name,
        "FirstName": who.first_name,
        "Title": "",
        "Company": who.firm,
        "Country": "Österreich",
        "Phone": "",
        "Email": who.email,
        "LeadSource": "Web",
        "Status": "Open - Not Contacted",
        "Industry": "",
        "NumberOfEmployees": who.size.replace(",", ""),
        "HasOptedOutOfEmail": "1" if who.is_opted_out else "0",
        "Description": who.note,
        "CreatedDate": f"{who.day}T10:00:00.000Z",
    }


def _salesforce_contact(who: Person) -> Cells:
    return {
        "Id": f"0035g000003{who.number:04}EAA",
        "AccountId": "0015g00000XyZ12AAB",
        "LastName": who.last_name,
        "FirstName": who.first_name,
        "MailingCountry": "France",
        "Phone": "",
        "Email": who.email,
        "Title": "Chef, Küche",
        "Department": "",
        "LeadSource": "Web",
        "HasOptedOutOfEmail": "true" if who.is_opted_out else "false",
        "Description": who.note,
    }


def _salesforce_report(who: Person) -> Cells:
    return {
        "Lead ID": f"00Q5g000003{who.number:04}",
        "First Name": who.first_name,
        "Last Name": who.last_name,
        "Company / Account": who.firm,
        "Email": who.email,
        "Lead Source": "Web",
        "Lead Status": "Open",
        "Email Opt Out": "1" if who.is_opted_out else "0",
        "Description": who.note,
    }


def _marketo_list(who: Person) -> Cells:
    return {
        "Id": str(1_031_229 + who.number),
        "First Name": who.first_name,
        "Last Name": who.last_name,
        "Email Address": who.email,
        "Company Name": who.firm,
        "Job Title": "",
        "Person Source": "Web",
        "Unsubscribed": "true" if who.is_opted_out else "false",
        "Comments": who.note,
    }


def _marketo_click(who: Person) -> Cells:
    return {
        "activity_date": f"{who.day} 08:05:11.000",
        "activity_type_id": "11",
        "campaign_id": "2522",
        "campaign_run_id": "758",
        "choice_number": "0",
        "device": "",
        "email_template_id": "1810",
        "id": str(58_851_192 + who.number),
        "is_mobile_device": "",
        "lead_id": str(1_031_229 + who.number),
        "link": "https://example.com/?a=1,2",
        "platform": "",
        "primary_attribute_value": "Webinar, part 1",
        "primary_attribute_value_id": "1810",
        "step_id": "5436",
        "user_agent": "",
    }


def _mautic(who: Person) -> Cells:
    return {
        "id": str(who.number + 1),
        "title": "",
        "firstname": who.first_name,
        "lastname": who.last_name,
        "email": who.email,
        "company": who.firm,
        "position": "",
        "mobile": "",
        "phone": "",
        "points": str(who.number * 10),
        "city": "Zürich",
        "country": "Switzerland",
        "preferred_locale": "de_CH",
        "last_active": f"{who.day} 10:00:00",
        "notes": who.note,
    }


def _segment(who: Person) -> Cells:
    events = ("order_completed", "page_viewed", "trial_started")
    return {
        "id": f"ajs-next-{who.number:04}",
        "received_at": f"{who.day} 10:00:01.5 UTC",
        "anonymous_id": f"7f0c{who.number:04}",
        "user_id": "" if who.number % 2 else f"u-{who.number}",
        "event": events[who.number % 3],
        "event_text": who.note or events[who.number % 3].replace("_", " ").title(),
        "original_timestamp": f"{who.day} 10:00:00 UTC",
        "timestamp": f"{who.day} 10:00:00.25 UTC",
        "context_page_url": "https://example.com/pricing",
        "context_ip": "192.0.2.7",
    }


EXPORTS: dict[str, Callable[[Person], Cells]] = {
    "hubspot-contacts": _hubspot_contact,
    "hubspot-email-events": _hubspot_event,
    "mailchimp-members": _mailchimp_member,
    "mailchimp-unsubscribed": _mailchimp_unsubscribed,
    "mailchimp-opens": _mailchimp_open,
    "mailchimp-clicks": _mailchimp_click,
    "activecampaign-contacts": _activecampaign,
    "klaviyo-profiles": _klaviyo,
    "salesforce-leads": _salesforce_lead,
    "salesforce-contacts": _salesforce_contact,
    "salesforce-lead-report": _salesforce_report,
    "marketo-list": _marketo_list,
    "marketo-clicks": _marketo_click,
    "mautic-contacts": _mautic,
    "segment-events": _segment,
}
"""What a row of each export holds, by the name that tests give the export."""


def export_cells(name: str) -> list[list[str]]:
    """The header of an export and its rows."""
    numbers = [REPEATED - 1 if number == REPEATED else number for number in range(ROWS)]
    rows = [EXPORTS[name](Person(number)) for number in numbers]
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def export_csv(name: str) -> bytes:
    """An export as a CSV file, as the program saves it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(export_cells(name))
    return text.getvalue().encode("utf-8-sig")
