"""The read model: contacts projected into a database, asked over HTTP."""
