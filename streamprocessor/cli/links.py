"""`links`: pixels and tracked links for a mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from streamprocessor.cli.terminal.options import json_option, process_options, setting, settings_of

if TYPE_CHECKING:
    from streamprocessor.collector.tracking.tracked_mail import TrackedMail
    from streamprocessor.settings import Settings


@click.command()
@process_options
@setting("--public-url", "URL", "Where mails' readers reach the collector, such as https://track.example.com.")
@click.option("--contact", metavar="ID", help="Whom the mail goes to, by the id that your systems know it by.")
@click.option("--address", metavar="ADDRESS", help="Whom it goes to, where a mail address is all that is known of it.")
@click.option("--message", metavar="ID", help="Which message it is.")
@click.option("--campaign", metavar="ID", help="Which campaign it belongs to.")
@click.option("--url", "urls", multiple=True, metavar="URL", help="Where a link leads; as often as there are links.")
@click.option(
    "--html", type=click.Path(exists=True, dir_okay=False, allow_dash=True), help="A message to rewrite; - is stdin."
)
@click.option("--honeypot", is_flag=True, help="Also a link that no person sees; who follows it is a machine.")
@json_option
@click.pass_context
def links(
    ctx: click.Context,
    contact: str | None,
    address: str | None,
    message: str | None,
    campaign: str | None,
    urls: tuple[str, ...],
    html: str | None,
    honeypot: bool,
    as_json: bool,
) -> None:
    """Make a pixel and tracked links for a mail, or rewrite a whole HTML message.

    The message is printed with its links tracked and a pixel at its end; without --html the addresses are printed, for
    mails that are made elsewhere. Links lead through the collector to their URL and nowhere else. Those with the
    placeholders of a template are left alone and named: let the template fill the message in first. By --address the
    contact is the one whom a form with that address is filed under, and no link shows the address.
    """
    from streamprocessor.collector.tracking.registry import token_keys_of
    from streamprocessor.collector.tracking.tracked_mail import TrackedMail

    if html is not None and (urls or as_json):
        text = "--html prints the message; --url and --json are for addresses"
        raise click.UsageError(text)
    if honeypot and not (urls or html):
        text = "--honeypot leads to where the first --url, or the first link of --html, leads; got neither"
        raise click.UsageError(text)
    if (contact is None) == (address is None):
        got = "neither" if contact is None else "both"
        text = f"wanted whom the mail goes to, by --contact or by --address; got {got}"
        raise click.UsageError(text)
    settings = settings_of(ctx)
    collector_url = settings.public_url or _collector_here(settings)
    recipient = contact if address is None else _contact_of(address, settings)
    mail = TrackedMail(token_keys_of(settings), collector_url, recipient or "", message, campaign)
    try:
        if html is None:
            _print_addresses(mail, urls, honeypot, as_json)
        else:
            _print_message(mail, html, honeypot)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _collector_here(settings: Settings) -> str:
    """Where the collector of this machine answers, with a warning: that is nowhere to a mail's readers."""
    from streamprocessor.cli.terminal.addresses import address_here
    from streamprocessor.cli.terminal.plain_text import echo

    url = address_here(settings, "collector")
    echo(
        f"links lead to {url}, which only this machine reaches: for mails to others say --public-url, or set "
        "STREAMPROCESSOR_PUBLIC_URL",
        err=True,
    )
    return url


def _contact_of(address: str, settings: Settings) -> str:
    """The contact of whoever reads this address. Raises OperatorError where its salt is not known here."""
    from streamprocessor.contract.contact_ids import ContactIds, is_one_address
    from streamprocessor.contract.foreign_text import shown_value
    from streamprocessor.process.stored_secrets import address_salt

    if not is_one_address(address):
        text = f"--address: wanted one mail address; got {shown_value(address)}"
        raise click.UsageError(text)
    return ContactIds(address_salt(settings.address_salt, settings.data_path)).address(address)


def _print_message(mail: TrackedMail, file: str, honeypot: bool) -> None:
    from streamprocessor.cli.terminal.plain_text import echo
    from streamprocessor.collector.tracking.tracked_mail import track_message

    with click.open_file(file, "rb") as content:  # bytes, since a text's line ends would be changed
        message = track_message(content.read().decode(errors="surrogateescape"), mail, honeypot)
    click.echo(message.html.encode(errors="surrogateescape"), nl=False)
    for url in message.with_placeholders:
        echo(f"left as it is, since a template has yet to fill it in: {url}", err=True)
    if message.tracked_before:
        echo(f"left as they are, since they are tracked already: {message.tracked_before} links", err=True)


def _print_addresses(mail: TrackedMail, urls: tuple[str, ...], honeypot: bool, as_json: bool) -> None:
    from streamprocessor.cli.terminal.printing import print_json_lines

    pixel, tracked = mail.pixel_url(), {url: mail.link(url) for url in urls}
    trap = mail.link(urls[0], honeypot=True) if honeypot else None
    if as_json:
        print_json_lines([{"pixel": pixel, "links": tracked, "honeypot": trap}])
        return
    click.echo(f"pixel {pixel}")
    for url, address in tracked.items():
        click.echo(f"{url} {address}")
    if trap:
        click.echo(f"honeypot {trap}")
