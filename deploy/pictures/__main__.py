"""Draws the pictures of streamprocessor/scoring/README.md anew: `make pictures`."""

from __future__ import annotations

from deploy.pictures.graphs import PICTURES, pictures

for name, text in pictures().items():
    (PICTURES / name).write_text(text)
