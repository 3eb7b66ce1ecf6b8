"""The short names of the topics, as topics/*.yaml describes them, and of the event types that have one of their own.

A prefix may stand before them on the broker.
"""

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

EMAIL_OPEN = "email_open"
EMAIL_CLICK = "email_click"
PAGE_VISIT = "page_visit"
FORM_SUBMISSION = "form_submission"

_TOPIC_OF_TYPE = {
    EMAIL_OPEN: EMAIL_OPENS,
    EMAIL_CLICK: EMAIL_CLICKS,
    PAGE_VISIT: PAGE_VISITS,
    FORM_SUBMISSION: FORM_SUBMISSIONS,
}


def topic_of_type(event_type: str) -> str:
    """The input topic of an event type: its own one, else `activities`."""
    return _TOPIC_OF_TYPE.get(event_type, ACTIVITIES)
