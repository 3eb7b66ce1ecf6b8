"""Retained input read again, for evidence to have what rules of a new model ask for."""
