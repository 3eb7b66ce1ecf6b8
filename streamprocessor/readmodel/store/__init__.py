"""The tables, the questions that are put to them, and the figures that are made of the answers."""
