"""Faust and its consumer, transport and recovery; the only place that imports it."""
