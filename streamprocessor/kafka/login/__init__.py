"""Login by token: where tokens come from, and how long they are used."""
