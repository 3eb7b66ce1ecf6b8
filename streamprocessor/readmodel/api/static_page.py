"""The page for people: files of the package, as they are, and nothing from anywhere else."""

from __future__ import annotations

from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_MEDIA = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_INDEX = "index.html"

_SAFE = {
    # Nothing inline, nothing from elsewhere, in nobody's frame; texts never become markup.
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",  # asked for each time, sent when changed
}


class _File(NamedTuple):
    content: bytes
    media: str
    tag: str


def page_routes() -> list[Route]:
    """The page's files under /page/, and its first one wherever a view may be; they stand last."""
    files_by_path = _read(files("streamprocessor.readmodel") / "page")

    async def file(request: Request) -> Response:
        page_file = files_by_path.get(request.path_params["path"])
        if page_file is None:
            raise HTTPException(404)
        return _answer(request, page_file)

    async def view(request: Request) -> Response:
        # What programs ask for in vain is told as it is; which views there are, the page knows.
        is_view = "text/html" in request.headers.get("accept", "")
        if not is_view or request.path_params["path"].startswith("api/"):
            raise HTTPException(404)
        return _answer(request, files_by_path[_INDEX])

    return [Route("/page/{path:path}", file), Route("/{path:path}", view)]


def _read(folder: Traversable, below: str = "") -> dict[str, _File]:
    """The folder's files, those of its rooms too, by their path under it, which begins with `below`."""
    page_files: dict[str, _File] = {}
    for entry in folder.iterdir():
        path = below + entry.name
        media = _MEDIA.get(entry.name.rpartition(".")[2])
        if entry.is_dir():
            page_files |= _read(entry, f"{path}/")
        elif media is not None:
            content = entry.read_bytes()
            page_files[path] = _File(content, media, f'"{blake2b(content, digest_size=12).hexdigest()}"')
    return page_files


def _answer(request: Request, file: _File) -> Response:
    headers = _SAFE | {"ETag": file.tag}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=file.media)
