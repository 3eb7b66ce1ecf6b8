"""The short names of the topics, as topics/*.yaml describes them, and of the event types that have one of their own;
which type has which topic, the files say.

A prefix may stand before them on the broker.
"""

from __future__ import annotations

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
