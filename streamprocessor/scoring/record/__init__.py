"""What is stored of a contact: facts, evidence, identity links, what was last presented."""
