"""The short names of the topics, as topics/*.yaml describes them; a prefix may stand before them on the broker."""

from __future__ import annotations

EMAIL_OPENS = "email-opens"
EMAIL_CLICKS = "email-clicks"
PAGE_VISITS = "page-visits"
FORM_SUBMISSIONS = "form-submissions"
ACTIVITIES = "activities"
CONTACT_UPDATES = "contact-updates"

SCORE_UPDATED = "score-updated"
BECAME_HOT_LEAD = "became-hot-lead"
DEAD_LETTERS = "dead-letters"

CONTACTS_CHANGELOG = "contacts-changelog"
MODELS = "models"
EVIDENCE_TRANSFERS = "evidence-transfers"
SUBSCRIPTIONS = "subscriptions"

_TOPIC_OF_TYPE = {
    "email_open": EMAIL_OPENS,
    "email_click": EMAIL_CLICKS,
    "page_visit": PAGE_VISITS,
    "form_submission": FORM_SUBMISSIONS,
}


def topic_of_type(event_type: str) -> str:
    """The input topic of an event type: its own one, else `activities`."""
    return _TOPIC_OF_TYPE.get(event_type, ACTIVITIES)
