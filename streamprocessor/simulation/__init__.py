"""Simulated contacts: reproducible traffic at a chosen pace, with the troubles of real traffic."""
