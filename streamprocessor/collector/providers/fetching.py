"""Small documents of known hosts, fetched in the background: whoever asks never waits for the network."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http.client import HTTPException
from threading import Lock, Thread
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

MAX_KEPT = 32
MAX_AT_ONCE = 2
MAX_BYTES = 64 * 1024
TIMEOUT_SECONDS = 5.0

log = logging.getLogger(__name__)


class BackgroundFetch:
    """Called with a URL, the document or None: not there yet, ask again. Which URLs are allowed, the caller decides.

    Keeps the last MAX_KEPT documents, fetches at most MAX_AT_ONCE at a time; a failure is logged and may be tried
    again. get: fetches one, raising OSError or HTTPException.
    """

    def __init__(self, get: Callable[[str], bytes] | None = None) -> None:
        self._get = get or https_get
        self._lock = Lock()
        self._documents: dict[str, bytes] = {}
        self._under_way: set[str] = set()

    def __call__(self, url: str) -> bytes | None:
        """The document, None while it is being fetched."""
        with self._lock:
            document = self._documents.get(url)
            if document is None and url not in self._under_way and len(self._under_way) < MAX_AT_ONCE:
                self._under_way.add(url)
                Thread(target=self._fetch, args=(url,), daemon=True, name="background-fetch").start()
            return document

    def _fetch(self, url: str) -> None:
        document = None
        try:
            document = self._get(url)
        except (OSError, HTTPException) as error:
            # Without the query, which may hold a token.
            log.warning("could not fetch a document of %s: %s", urlsplit(url).hostname, type(error).__name__)
        with self._lock:
            self._under_way.discard(url)
            if document is not None:
                while len(self._documents) >= MAX_KEPT:
                    self._documents.pop(next(iter(self._documents)))
                self._documents[url] = document


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
    """A redirect is an error: it could lead anywhere."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        """None: don't go there."""
        return
