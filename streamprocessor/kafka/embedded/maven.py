"""Jars from Maven Central, kept in the local Maven repository; jgo finds out which, and fetches them."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import jgo
from jgo.maven import MavenContext, PythonResolver

OnFile = Callable[[str, int], None]


def resolve(coordinate: str, on_file: OnFile) -> list[Path]:
    """The jars of `group:artifact:version` with all that it needs to run; fetched where they aren't there yet.

    `on_file` is told name and size in bytes of each file once it is fetched. Raises OSError, RuntimeError or
    ValueError when one can't be had.
    """
    settings = jgo.GlobalSettings.load()
    resolver = PythonResolver(progress_callback=_teller(on_file))
    context = MavenContext(
        resolver=resolver,
        repo_cache=settings.repo_cache,
        remote_repos={"central": jgo.MAVEN_CENTRAL_URL, **settings.repositories},
    )
    # Not jgo.build: it would fetch a whole JDK to tell jars that are modules from others, which we have no use for.
    asked, needed = resolver.resolve([context.create_dependency(coordinate)])
    dependencies = [*asked, *(each for each in needed if each.scope in ("compile", "runtime"))]
    return [_whole(each.artifact.resolve) for each in dependencies]


def _whole(fetch: Callable[[], Path]) -> Path:
    """The jar; one that a fetch was cut off in is fetched again."""
    jar = fetch()
    if zipfile.is_zipfile(jar):
        return jar
    jar.unlink()
    return fetch()


def _teller(on_file: OnFile) -> Callable[[str, int], AbstractContextManager[Callable[[int], None]]]:
    """What jgo calls around each file that it fetches."""

    @contextmanager
    def tell(name: str, size_bytes: int) -> Iterator[Callable[[int], None]]:
        yield lambda _chunk_bytes: None
        on_file(name, size_bytes)

    return tell
