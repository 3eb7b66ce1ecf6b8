"""`rebuild`: the table of contacts made anew, where its topics are not what they were or not what they should be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamprocessor.cli.terminal.instants import Instant
from streamprocessor.cli.terminal.options import connected_settings, process_options, settings_of
from streamprocessor.errors import OperatorError

if TYPE_CHECKING:
    from streamprocessor.cli.rebuild.application import Application
    from streamprocessor.settings import Settings


@click.command()
@process_options
@click.option("--from-prefix", metavar="TEXT", help="Move the table of the topics with this prefix; '' is none.")
@click.option("--from-app-id", metavar="NAME", help="Move the table of this application; as --app-id where not given.")
@click.option("--from-bootstrap", metavar="HOST:PORT,...", help="Move the table of another Kafka with the same login.")
@click.option("--since", "since_ms", type=Instant(), help="Bring along old input from this instant on.")
@click.option(
    "--from-backup",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Bring the table back from a backup of this system, whose changelog was lost.",
)
@click.option("--keep", is_flag=True, help="Keep the table where an input topic was made anew, or a salt was lost.")
@click.option("--forget-erased", is_flag=True, help="With --keep: forget who was erased, whose salt was lost.")
@click.option("--from-inputs", is_flag=True, help="Make the table anew of what the input topics hold.")
@click.option("--into", metavar="APP_ID", help="Make a second table, of the topics, under this application.")
@click.option("--from-topics-only", is_flag=True, help="With --into: leave behind what the topics hold no more.")
@click.option("--wait", "wait_seconds", type=click.FloatRange(min=0), default=60.0, show_default=True, help="Seconds.")
@click.pass_context
def rebuild(
    ctx: click.Context,
    from_prefix: str | None,
    from_app_id: str | None,
    from_bootstrap: str | None,
    since_ms: int | None,
    from_backup: Path | None,
    keep: bool,
    forget_erased: bool,
    from_inputs: bool,
    into: str | None,
    from_topics_only: bool,
    wait_seconds: float,
) -> None:
    """Make the table of contacts anew; one of five ways.

    --from-prefix, --from-app-id, --from-bootstrap: a table that is elsewhere comes into new topics. --keep: an input
    topic or a salt was lost. --from-backup: the changelog was lost. --from-inputs: there is no backup either.
    --into: a second table is made beside the first, and goes on once its workers were stopped. deploy/backup.md says
    which disaster wants which, deploy/upgrades.md all of --into. But for that one no worker may run.
    """
    from streamprocessor.cli.rebuild.application import application_of
    from streamprocessor.cli.rebuild.input_replay import begin_anew
    from streamprocessor.cli.rebuild.kept_table import keep_table
    from streamprocessor.cli.rebuild.moved_table import MovedTable
    from streamprocessor.cli.rebuild.returned_table import bring_back_table
    from streamprocessor.cli.terminal.running import run

    _refuse_shadows(settings_of(ctx).app_id, from_app_id, into)
    settings = connected_settings(ctx)
    is_elsewhere = any(each is not None for each in (from_prefix, from_app_id, from_bootstrap))
    if [is_elsewhere, from_backup is not None, keep, from_inputs, into is not None].count(True) != 1:
        message = (
            "rebuild: wanted one of --from-prefix, --from-app-id or --from-bootstrap; --from-backup; --keep; "
            "--from-inputs; --into"
        )
        raise OperatorError(message)
    application = application_of(settings, wait_seconds)
    run(application.refuse_without_rights())
    if keep:
        run(keep_table(application, click.echo, forget_erased=forget_erased))
    elif from_backup is not None:
        run(bring_back_table(application, from_backup, click.echo))
    elif into is not None:
        _make_second_table(settings, application, into, from_topics_only=from_topics_only)
    elif from_inputs:
        run(begin_anew(application, _salt_check(settings), click.echo))
    else:
        changes = {
            "topic_prefix": settings.topic_prefix if from_prefix is None else from_prefix,
            "app_id": from_app_id or settings.app_id,
            "bootstrap": from_bootstrap or settings.bootstrap,
        }
        origin = application_of(settings.model_copy(update=changes), wait_seconds)
        run(MovedTable(origin, application, click.echo).move(since_ms))


def _refuse_shadows(*app_ids: str | None) -> None:
    """Raise OperatorError for a shadow: nobody hears what it announces, and `shadow --end` deletes its table."""
    from streamprocessor.contract.topics.shadow import is_shadow

    for app_id in app_ids:
        if app_id is not None and is_shadow(app_id):
            message = (
                f"application {app_id}: is a shadow's, by its id; wanted one that announces to others: "
                "`streamprocessor shadow` makes a shadow's table anew"
            )
            raise OperatorError(message)


def _make_second_table(settings: Settings, origin: Application, app_id: str, *, from_topics_only: bool) -> None:
    from streamprocessor.cli.rebuild.application import application_of
    from streamprocessor.cli.rebuild.second.table import SecondTable, TableSalts
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.process.erasure_salt import erasure_salt
    from streamprocessor.process.stored_secrets import address_salt

    if app_id == settings.app_id:
        message = f"--into {app_id}: is the application whose table is there; wanted another id"
        raise OperatorError(message)
    target = application_of(settings.model_copy(update={"app_id": app_id}), origin.wait_seconds)
    run(target.refuse_without_rights())
    salts = TableSalts(
        erasure_salt(settings.erasure_salt, settings.data_path), address_salt(settings.address_salt, settings.data_path)
    )
    run(SecondTable(origin, target, salts, click.echo, from_topics_only=from_topics_only).make())


def _salt_check(settings: Settings) -> str:
    from streamprocessor.contract.changelog.pseudonyms import pseudonym_under, salt_check
    from streamprocessor.process.erasure_salt import erasure_salt

    return salt_check(pseudonym_under(erasure_salt(settings.erasure_salt, settings.data_path)))
