"""`streamprocessor dead-letters`: list, show, resend."""
