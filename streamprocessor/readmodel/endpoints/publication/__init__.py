"""How models come into force: revisions, drafts with approvals, publishing, and going back."""
