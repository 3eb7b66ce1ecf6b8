"""The hot-lead inbox: who owns a lead, by when it is due, what became of it, and when somebody is told. Pure."""
