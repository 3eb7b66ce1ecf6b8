"""Links from messages to the page, for people who read them."""

from __future__ import annotations

from urllib.parse import quote_plus, urlsplit

from streamprocessor.contract.subscriptions.webhook_targets import is_loopback
from streamprocessor.errors import OperatorError


def read_page_url(setting: str) -> str | None:
    """The page's address without a slash at its end; None: the setting is empty.

    Raises OperatorError where it is not https, or http on this machine, with a host and nothing behind it.
    """
    if not setting:
        return None
    try:
        parts = urlsplit(setting)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _wrong(wanted="a URL", got="a text that is none") from error
    if not host or port == 0 or parts.scheme not in ("https", "http") or not setting.isascii() or _is_odd(setting):
        raise _wrong(wanted="a URL such as https://leads.example.com", got="another text")
    if parts.scheme == "http" and not is_loopback(host):
        raise _wrong(wanted="https, or http on this machine", got="http elsewhere")
    if parts.username is not None or parts.password is not None:
        raise _wrong(wanted="an address without user and password", got="one with them")
    if parts.path not in ("", "/") or "?" in setting or "#" in setting:
        raise _wrong(wanted="scheme, host and port alone", got="more behind them")
    return f"{parts.scheme}://{parts.netloc}"


def contact_url(page_url: str, contact_id: str) -> str:
    """The address of the contact's page, which is spelled as the page itself spells it, whatever the id holds."""
    # A browser's URLSearchParams keep the asterisk and spell the tilde.
    query = quote_plus(contact_id, safe="*").replace("~", "%7E")
    return f"{page_url}/contact?contact_id={query}"


def _is_odd(text: str) -> bool:
    return not text.isprintable() or any(character in text for character in ' "<>\\^`{|}')


def _wrong(wanted: str, got: str) -> OperatorError:
    return OperatorError(f"STREAMPROCESSOR_PAGE_URL: wanted {wanted}; got {got}")
