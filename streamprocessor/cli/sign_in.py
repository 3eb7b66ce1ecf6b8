"""`sign-in`: an address by which one signs in to the page, once."""

from __future__ import annotations

import click

from streamprocessor.cli.terminal.options import process_options, settings_of


@click.command("sign-in")
@process_options
@click.pass_context
def sign_in(ctx: click.Context) -> None:
    """Print an address that signs in to the page, once, without a token.

    For whom the data folder belongs to, while `up`, `demo` or `api` runs on it: the address is good for 15 minutes, and
    may do all that the data folder's first token may. Whoever else is to sign in gets a token of their own, under
    Access on the page.
    """
    from streamprocessor.cli.local.sign_in_lines import sign_in_lines
    from streamprocessor.errors import OperatorError
    from streamprocessor.process.data_folder import keep_private
    from streamprocessor.process.http.address_note import noted_addresses

    settings = settings_of(ctx)
    if settings.api_tokens:
        message = (
            "sign-in: STREAMPROCESSOR_API_TOKENS says who signs in here, so no link does; wanted one of its tokens, or "
            "one made under Access on the page"
        )
        raise OperatorError(message)
    own, all_ = (
        [note.url for note in noted_addresses(settings.data_path, group) if note.process == "api"]
        for group in (settings.group, None)
    )
    if not all_:
        message = (
            f"sign-in: no api runs on {settings.data_path}; wanted a running `streamprocessor up`, `demo` or `api`, "
            "and its folder by --data-dir where it has another"
        )
        raise OperatorError(message)
    keep_private(settings.data_path)
    for address in own or all_:
        for line in sign_in_lines(settings, address):
            click.echo(line)
