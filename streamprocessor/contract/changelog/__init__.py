"""The bytes of a changelog entry: a contact's record and the announcements that its micro-batch owes."""
