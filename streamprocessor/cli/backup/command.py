"""`backup` and `restore`: the data folder of `up` as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamprocessor.cli.terminal.options import json_option, process_options, settings_of

if TYPE_CHECKING:
    from streamprocessor.cli.backup.archive import Description


@click.command()
@process_options
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@click.pass_context
def backup(ctx: click.Context, archive: Path, as_json: bool) -> None:
    """Write all that `up` keeps into one file, ARCHIVE, whether it runs or not.

    It holds Kafka with its offsets, the databases, the spool, keys and salts, as of one instant: secrets, too, and what
    is known of people. It can be read by its owner alone; keep it as the data folder is kept. `restore` brings it back.
    """
    from streamprocessor.cli.backup.backup import back_up
    from streamprocessor.cli.terminal.running import run

    description = run(back_up(settings_of(ctx), archive))
    _print(description, as_json, f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")


@click.command()
@process_options
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
@click.pass_context
def restore(ctx: click.Context, archive: Path, as_json: bool) -> None:
    """Make an empty data folder what it was when `backup` wrote ARCHIVE, and prove it by a comparison.

    Contacts, their sequences and scores, offsets, models and subscriptions are read from the restored Kafka and
    compared with those of the backup; exit code 1 where one differs. `up` goes on from there. What is announced from
    now on bears new ids, for those between the backup and now were given before.
    """
    from streamprocessor.cli.backup.restore import bring_back
    from streamprocessor.cli.terminal.running import run

    settings = settings_of(ctx)
    description = run(bring_back(settings, archive))
    _print(description, as_json, f"{settings.data_dir}: as it was")


def _print(description: Description, as_json: bool, sentence: str) -> None:
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.contract.rfc3339 import format_rfc3339

    at = format_rfc3339(description.at_ms)
    if as_json:
        print_json_lines([{"at": at, "files": len(description.files), **description.state}])
        return
    of_kafka = "without a Kafka" if not description.state else f"{description.state['contacts']} contacts"
    click.echo(f"{sentence}, as of {at}: {len(description.files)} files, {of_kafka}")
