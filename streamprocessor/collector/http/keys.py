"""Keys that let sources send: those of browsers, which everybody may know, and those of servers, which are secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from streamprocessor.collector.http.wire_format import RefusalError
from streamprocessor.contract.access_policy import KeyKind
from streamprocessor.errors import OperatorError
from streamprocessor.process.secret_lookup import SecretLookup
from streamprocessor.process.stored_secrets import stored_pairs
from streamprocessor.settings import PREFIX, Settings

_SCHEMES = ("http", "https")


class KeyHolder(NamedTuple):
    """Who sends, by the key that it shows.

    source: the name of its key; two kinds of keys may have the same.
    origins: of the pages that may send with it; None: all.
    """

    source: str
    kind: KeyKind
    origins: frozenset[str] | None = None

    def check_origin(self, headers: Mapping[str, str]) -> None:
        """Raise RefusalError 403 unless the page that sends is one of those that may.

        It is a browser that says so: whoever writes a request by hand says what suits. An image, which has no origin,
        names the page that shows it.
        """
        if self.origins is None:
            return
        origin = origin_of(headers)
        if origin not in self.origins:
            got = "another" if origin else "none"
            raise RefusalError(403, "origin", f"origin: wanted one of those that this key is for; got {got}")


class Keys:
    """The holders of keys."""

    def __init__(
        self,
        browser_keys: Mapping[str, str],
        write_keys: Mapping[str, str],
        origins: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """Know these keys.

        browser_keys, write_keys: by the names of their sources.
        origins: of pages, by the source of a browser key; a key whose source is not in it is for all pages.
        Raises OperatorError where one key is two sources', or there are origins of no browser key.
        """
        for source in origins or ():
            if source not in browser_keys:
                message = f"{_setting('browser_origins')}: wanted sources of browser keys; got '{source}'"
                raise OperatorError(message)
        check_distinct([*browser_keys.values(), *write_keys.values()])
        self._of_browsers, self._of_servers = SecretLookup(browser_keys), SecretLookup(write_keys)
        self._origins = origins or {}
        self.sources = frozenset({*browser_keys, *write_keys})

    def admit(self, offered: str | None, headers: Mapping[str, str]) -> KeyHolder:
        """The holder of the key that a request offers; raises RefusalError 401, or 403 where its page may not send."""
        holder = None if offered is None else self.holder_of(offered)
        if holder is None:
            got = "none" if offered is None else "another"
            raise RefusalError(401, "write-key", f"browser or write key: wanted one that is known here; got {got}")
        holder.check_origin(headers)
        return holder

    def holder_of(self, offered: str) -> KeyHolder | None:
        """The holder of the key; None: nobody holds it."""
        if (source := self._of_servers.name_of(offered)) is not None:
            return KeyHolder(source, KeyKind.WRITE)
        if (source := self._of_browsers.name_of(offered)) is not None:
            return KeyHolder(source, KeyKind.BROWSER, self._origins.get(source))
        return None


def keys_of(settings: Settings) -> Keys:
    """The keys of the settings; of the kinds that have none there, a random one each that stays in the data folder."""
    return Keys(browser_keys(settings), write_keys(settings), _origins_in(settings.browser_origins))


def origin_of(headers: Mapping[str, str]) -> str | None:
    """The site of the page that sends, as its browser says it; None where no page does."""
    return headers.get("origin") or _origin_in(headers.get("referer", ""))


def browser_keys(settings: Settings) -> dict[str, str]:
    """The keys of browsers by their sources; raises OperatorError where they can't be read."""
    return stored_pairs(settings.browser_keys, browser_keys_file(settings.data_path), _setting("browser_keys"))


def write_keys(settings: Settings) -> dict[str, str]:
    """The keys of servers by their sources; raises OperatorError where they can't be read."""
    return stored_pairs(settings.write_keys, write_keys_file(settings.data_path), _setting("write_keys"))


def browser_keys_file(data_folder: Path) -> Path:
    """The file of the browser keys, unless a setting names another."""
    return data_folder / "browser-keys"


def write_keys_file(data_folder: Path) -> Path:
    """The file of the write keys, unless a setting names another."""
    return data_folder / "write-keys"


def check_distinct(keys: list[str]) -> None:
    """Raise OperatorError where one of them is there twice, be it public or secret."""
    if len(set(keys)) != len(keys):
        message = (
            f"{_setting('browser_keys')}, {_setting('write_keys')}: wanted a key of its own for each source; got one "
            "key twice: what is public can't be secret as well"
        )
        raise OperatorError(message)


def _origins_in(setting: str) -> dict[str, frozenset[str]]:
    """The origins in `source=https://www.example.com https://example.com,source=...`, by source."""
    listed = (entry.partition("=") for entry in setting.split(",") if entry.strip())
    return {source.strip(): frozenset(map(_origin, origins.split())) for source, _, origins in listed}


def _origin(text: str) -> str:
    """The origin as browsers spell it; raises OperatorError where it is none."""
    if _origin_in(text) != text.lower():
        expected = "origins such as https://www.example.com, each with its scheme and without a path"
        message = f"{_setting('browser_origins')}: wanted {expected}; got '{text}'"
        raise OperatorError(message)
    return text.lower()


def _origin_in(address: str) -> str | None:
    """The origin of a page's address; None where it has none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme in _SCHEMES and parts.netloc else None


def _setting(name: str) -> str:
    return PREFIX + name.upper()
