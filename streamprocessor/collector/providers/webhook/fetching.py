"""Small documents of known hosts, fetched in the background: whoever asks need not wait for the network."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from http.client import HTTPException
from threading import Lock, Thread
from typing import TypeAlias
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

MAX_DOCUMENTS = 32
MAX_AT_ONCE = 16
MAX_AT_ONCE_FOR_A_SENDER = 2
MAX_BYTES = 64 * 1024
TIMEOUT_SECONDS = 5.0

# The document at a URL, for who sent it; or whether it came, once that is known: then it is asked for again.
DocumentFetch: TypeAlias = Callable[[str, str], bytes | Future[bool]]

log = logging.getLogger(__name__)


class BackgroundFetch:
    """A DocumentFetch that never waits for the network: it fetches in threads and caches.

    Which URLs are allowed, the caller decides. The last MAX_DOCUMENTS documents are cached. At most MAX_AT_ONCE are
    fetched at a time, and MAX_AT_ONCE_FOR_A_SENDER for one sender, so that none takes all places by made-up URLs; a
    failure is logged and may be tried again. get: fetches one, raising OSError or HTTPException.
    """

    def __init__(self, get: Callable[[str], bytes] | None = None) -> None:
        self._get = get or https_get
        self._lock = Lock()
        self._documents: dict[str, bytes] = {}
        self._under_way: dict[str, Future[bool]] = {}
        self._senders: Counter[str] = Counter()

    def __call__(self, url: str, sender: str) -> bytes | Future[bool]:
        """The document, or its future: false at once where it is not even tried, because too many are under way.

        sender: the network that the URL came from; empty where it is unknown.
        """
        with self._lock:
            if url in self._documents:
                return self._documents[url]
            if url in self._under_way:
                return self._under_way[url]
            fetched: Future[bool] = Future()
            if len(self._under_way) == MAX_AT_ONCE or self._senders[sender] == MAX_AT_ONCE_FOR_A_SENDER:
                fetched.set_result(False)
            else:
                self._under_way[url] = fetched
                self._senders[sender] += 1
                Thread(target=self._fetch, args=(url, sender, fetched), daemon=True, name="background-fetch").start()
            return fetched

    def _fetch(self, url: str, sender: str, fetched: Future[bool]) -> None:
        document = None
        try:
            document = self._get(url)
        except (OSError, HTTPException) as error:
            # Without the query, which may hold a token.
            log.warning("could not fetch a document of %s: %s", urlsplit(url).hostname, type(error).__name__)
        finally:
            with self._lock:
                del self._under_way[url]
                self._senders -= Counter({sender: 1})  # what is at 0 goes
                if document is not None:
                    while len(self._documents) >= MAX_DOCUMENTS:
                        self._documents.pop(next(iter(self._documents)))
                    self._documents[url] = document
            fetched.set_result(document is not None)


def https_get(url: str) -> bytes:
    """The document at an https URL. Raises OSError for another scheme, and as document_at does."""
    if not url.startswith("https://"):
        message = "url: wanted https; got another scheme"
        raise OSError(message)
    return document_at(url)


def document_at(url: str) -> bytes:
    """The document at a URL, at most MAX_BYTES of it; a redirect is an error. Raises OSError or HTTPException."""
    with build_opener(_NoRedirects).open(Request(url), timeout=TIMEOUT_SECONDS) as response:
        return bytes(response.read(MAX_BYTES))


class _NoRedirects(HTTPRedirectHandler):
    """A handler for which a redirect is an error: it could lead anywhere."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        """None, which stands for: don't go there."""
        return
