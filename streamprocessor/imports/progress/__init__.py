"""How far imports got, and how quick they are."""
