"""`streamprocessor demo`: the whole system with simulated traffic, watched in the terminal."""
