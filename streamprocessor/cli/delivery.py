"""`delivery`: webhooks and mails out, and what a person asks of the process that sends them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from streamprocessor.cli.terminal.options import (
    inbox_option,
    is_given,
    json_option,
    process_options,
    process_settings,
    setting,
    settings_of,
)

if TYPE_CHECKING:
    from http.client import HTTPResponse


port_option = setting(
    "--delivery-port", "PORT", "Where health, metrics and its API are answered, 0 for any free port.", type=int
)


@click.group(invoke_without_command=True)
@process_options
@port_option
@setting("--subscriptions", "FILE", "The subscriptions, beside those of the subscriptions topic.")
@inbox_option
@click.pass_context
def delivery(ctx: click.Context) -> None:
    """Send webhooks and mails until told to stop (Ctrl-C, SIGTERM).

    Each announcement arrives at least once under one id, in order per contact. Exit code 70 asks to be started anew.
    """
    if ctx.invoked_subcommand is not None:
        return
    from streamprocessor.cli.terminal.running import run
    from streamprocessor.delivery.composition import run_delivery
    from streamprocessor.kafka.admin.layout import layout_of
    from streamprocessor.kafka.connection import client_settings

    settings = process_settings(ctx, "delivery")
    names = layout_of(settings).names()
    ctx.exit(run(run_delivery(settings, client_settings(settings), names, os.environ)))


@delivery.command("list")
@process_options
@json_option
@click.pass_context
def list_subscriptions(ctx: click.Context, as_json: bool) -> None:
    """List the subscriptions: what they get, whether their endpoints are well, how much waits."""
    _print_rows(_asked(ctx, "GET", "subscriptions")["subscriptions"], as_json)


@delivery.command()
@process_options
@json_option
@click.pass_context
def undeliverable(ctx: click.Context, as_json: bool) -> None:
    """List webhooks and mails that could not be delivered and are kept."""
    _print_rows(_asked(ctx, "GET", "undeliverable")["undeliverable"], as_json)


@delivery.command()
@process_options
@click.argument("subscription")
@click.argument("webhook_ids", nargs=-1)
@click.pass_context
def resend(ctx: click.Context, subscription: str, webhook_ids: tuple[str, ...]) -> None:
    """Send undeliverable webhooks of SUBSCRIPTION again, under their ids: those of WEBHOOK_IDS, or all."""
    body = {"webhook_ids": list(webhook_ids)} if webhook_ids else None
    answer = _asked(ctx, "POST", f"subscriptions/{subscription}/resend", body)
    click.echo(f"{answer['sent_again']} are sent again")


@delivery.command()
@process_options
@click.argument("subscription")
@click.pass_context
def ping(ctx: click.Context, subscription: str) -> None:
    """Send a made-up hot lead to SUBSCRIPTION, on the usual way."""
    click.echo(_asked(ctx, "POST", f"subscriptions/{subscription}/ping")["webhook_id"])


@delivery.command()
@process_options
@click.argument("subscription")
@click.pass_context
def enable(ctx: click.Context, subscription: str) -> None:
    """Send to SUBSCRIPTION again, though its endpoint had said that it is gone."""
    _asked(ctx, "POST", f"subscriptions/{subscription}/enable")
    click.echo(f"{subscription} is enabled; `delivery resend {subscription}` sends what was kept")


@delivery.command()
@process_options
@click.pass_context
def tail(ctx: click.Context) -> None:
    """Print each attempt as it is made, a line of JSON for each, until Ctrl-C."""
    with _open(ctx, "GET", "attempts", None, None) as lines:
        for line in lines:
            click.echo(line.decode().rstrip())


def _print_rows(rows: list[dict[str, Any]], as_json: bool) -> None:
    from streamprocessor.cli.terminal.printing import print_json_lines, print_table

    if as_json:
        print_json_lines(rows)
    elif rows:
        print_table(list(rows[0]), [[_cell(value) for value in row.values()] for row in rows])


def _cell(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def _asked(ctx: click.Context, method: str, path: str, body: object = None) -> Any:
    import orjson

    with _open(ctx, method, path, body, 30.0) as answer:
        return orjson.loads(answer.read())


def _open(ctx: click.Context, method: str, path: str, body: object, timeout_seconds: float | None) -> HTTPResponse:
    """The answer of the delivery process that runs here; raises OperatorError where it is not there or refuses."""
    from urllib.error import HTTPError, URLError
    from urllib.parse import quote
    from urllib.request import Request, urlopen

    import orjson

    from streamprocessor.cli.terminal.addresses import address_here
    from streamprocessor.errors import OperatorError
    from streamprocessor.process.http.address_note import local_url
    from streamprocessor.process.stored_secrets import stored_token

    settings = settings_of(ctx)
    if is_given(ctx, "delivery_port"):
        address = local_url(settings.delivery_host, settings.delivery_port)
    else:
        address = address_here(settings, "delivery")
    headers = {"authorization": f"Bearer {stored_token(settings.delivery_secret, settings.data_path)}"}
    content = None if body is None else orjson.dumps(body)
    try:
        answer: HTTPResponse = urlopen(
            Request(f"{address}/api/{quote(path)}", content, headers, method=method), timeout=timeout_seconds
        )
    except HTTPError as error:
        header = error.read(1_000).decode("utf-8", "replace").strip()
        message = f"delivery at {address}: answered {error.code}: {header}"
        raise OperatorError(message) from error
    except (URLError, OSError) as error:
        message = f"delivery: none answers at {address}; wanted a running `streamprocessor delivery`: {error}"
        raise OperatorError(message) from error
    return answer
