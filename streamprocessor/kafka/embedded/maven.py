"""Jars from Maven Central, kept in the local Maven repository; jgo finds out which, and fetches them."""

import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import jgo
from jgo.maven import MavenContext, PythonResolver


def resolve(coordinate: str, on_bytes: Callable[[int], None]) -> list[Path]:
    """The jars of `group:artifact:version` with all that it needs to run; fetched where they aren't there yet.

    `on_bytes` is told of so many more bytes while they come. Raises OSError, RuntimeError or ValueError when a file
    can't be had.
    """
    settings = jgo.GlobalSettings.load()
    resolver = PythonResolver(progress_callback=lambda _name, _size_bytes: nullcontext(on_bytes))
    context = MavenContext(
        resolver=resolver,
        repo_cache=settings.repo_cache,
        remote_repos={"central": jgo.MAVEN_CENTRAL_URL, **settings.repositories},
    )
    # Not jgo.build: it would fetch a whole JDK to tell jars that are modules from others, which we have no use for.
    asked, needed = resolver.resolve([context.create_dependency(coordinate)])
    wanted = [*asked, *(each for each in needed if each.scope in ("compile", "runtime"))]
    return [_whole(each.artifact.resolve) for each in wanted]


def _whole(fetch: Callable[[], Path]) -> Path:
    """The jar; one that a fetch was cut off in is fetched again."""
    jar = fetch()
    if zipfile.is_zipfile(jar):
        return jar
    jar.unlink()
    return fetch()
