"""What a model has, for people."""

from __future__ import annotations

from pathlib import Path

import click

from streamprocessor.cli.terminal.printing import PLAIN_WIDTH, print_table
from streamprocessor.contract.foreign_text import listed
from streamprocessor.contract.subscriptions.model_names import stage_names
from streamprocessor.scoring.model.model import Model


def print_model(path: Path, model: Model, score_part: str) -> None:
    """Print its scores, those with the text in their names, and its segments: on one line, or as a table."""
    chosen = [score for score in model.scores if score_part in score.name]
    scores = ", ".join(f"{score.name} ({len(score.rules)} rules)" for score in chosen)
    segments = [segment.name for segment in model.segments]
    known = f"{path}: model {model.name}, version {model.version}"
    of_segments = "; segments: " if segments else ""
    line = f"{known}: {scores}{of_segments}{', '.join(segments)}"
    if len(line) <= PLAIN_WIDTH:
        click.echo(line)
        return
    rules = sum(len(score.rules) for score in model.scores)
    click.echo(f"{known}: {len(model.scores)} scores with {rules} rules, {len(segments)} segments")
    rows = [(score.name, len(score.rules), listed(stage_names(model, score))) for score in chosen]
    print_table(("score", "rules", "stages"), rows)
    if segments:
        print_table(("segments",), [(listed(segments),)])
