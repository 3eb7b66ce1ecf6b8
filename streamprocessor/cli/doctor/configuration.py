"""Whether settings say what a process needs of them: salts, keys, files, databases."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from streamprocessor.cli.doctor.finding import (
    API,
    COLLECTOR,
    DELIVERY,
    WORKER,
    Finding,
    examined,
    failed,
    warned,
    well,
)
from streamprocessor.cli.doctor.mail import mail_server_finding
from streamprocessor.cli.doctor.mends import A_SECRET, kept_as, set_to
from streamprocessor.errors import OperatorError
from streamprocessor.settings import PREFIX, Settings

if TYPE_CHECKING:
    from sqlalchemy import URL


_A_PAIR: Mapping[str, str] = {
    "browser_keys": f"site={A_SECRET}",
    "write_keys": f"server={A_SECRET}",
    "token_keys": f"1={A_SECRET}",
    "api_tokens": f"me/read+write+erase={A_SECRET}",
}


def configuration_findings(settings: Settings, processes: Collection[str]) -> Iterator[Finding]:
    """What is found in the settings and in what they name; nothing is made or changed."""
    if {WORKER, API}.intersection(processes):
        yield from _salts(settings)
    yield from _keys(settings, processes)
    yield examined("topics' files", lambda: _topics(settings), set_to("topics_dir", Settings().topics_dir))
    if COLLECTOR in processes and settings.vocabulary:
        yield examined("vocabulary", lambda: _vocabulary(settings.vocabulary), _looked_at(settings.vocabulary))
    if DELIVERY in processes and settings.subscriptions:
        yield examined("subscriptions", lambda: _subscriptions(settings), _looked_at(settings.subscriptions))
    if DELIVERY in processes and settings.page_url:
        yield examined("page's address", lambda: _page_url(settings.page_url), set_to("page_url", "https://..."))
    if DELIVERY in processes:
        yield mail_server_finding(settings)
    if {DELIVERY, API}.intersection(processes) and settings.inbox:
        yield examined("inbox", lambda: _inbox(settings, processes), _looked_at(settings.inbox))
    for process, setting, url in (
        (API, "DATABASE_URL", settings.database_url),
        (DELIVERY, "DELIVERY_DATABASE", settings.delivery_database),
    ):
        if process in processes:
            yield _database(process, setting, url)


def _salts(settings: Settings) -> Iterator[Finding]:
    from streamprocessor.process.erasure_salt import UNSALTED, erasure_salt
    from streamprocessor.process.stored_secrets import address_salt

    folder = settings.data_path
    if settings.erasure_salt == UNSALTED:
        sentence = "unsalted: ids of erased contacts can be guessed; wanted so only where some were erased before salts"
        yield warned("erasure salt", sentence, f"{set_to('erasure_salt', A_SECRET)}  # where nobody was")
    else:
        yield _salt(settings, "erasure salt", lambda: erasure_salt(settings.erasure_salt, folder))
    yield _salt(settings, "address salt", lambda: address_salt(settings.address_salt, folder))


def _salt(settings: Settings, subject: str, read: Callable[[], str]) -> Finding:
    """How the salt is: a short one can be guessed, and is only warned of since a salt must never change."""
    from streamprocessor.process.stored_secrets import SECRET_MIN_CHARS

    name = subject.replace(" ", "_")
    is_anywhere = getattr(settings, name) or (settings.data_path / name.replace("_", "-")).exists()
    if not settings.bootstrap and not is_anywhere:
        return well(subject, "in the data folder, made by the first `streamprocessor up`")
    try:
        salt = read()
    except OperatorError as error:
        return failed(subject, error, f"{kept_as(name, A_SECRET)}  # or the one that others of this installation have")
    if len(salt) < SECRET_MIN_CHARS:
        sentence = (
            f"wanted at least {SECRET_MIN_CHARS} characters; got {len(salt)}, which can be guessed: what is stored "
            "under it stays so, so choose another only before the first contact"
        )
        return warned(subject, sentence, f"{set_to(name, A_SECRET)}  # only before the first contact")
    return well(subject, f"there is one, of {len(salt)} characters")


def _keys(settings: Settings, processes: Collection[str]) -> Iterator[Finding]:
    from streamprocessor.collector.http.keys import check_distinct

    wanted = {"browser_keys": COLLECTOR, "write_keys": COLLECTOR, "token_keys": COLLECTOR, "api_tokens": API}
    keys: list[str] = []
    for name in [name for name, process in wanted.items() if process in processes]:
        subject = name.replace("_", " ")
        file = settings.data_path / name.replace("_", "-")
        if not getattr(settings, name) and not file.exists():
            yield well(subject, "in the data folder, made at the first start")
            continue
        try:
            pairs, where = _pairs(settings, name, file)
        except OperatorError as error:
            yield failed(subject, error, set_to(name, _A_PAIR[name]))
            continue
        if pairs:
            yield well(subject, f"{len(pairs)} in {where}")
        else:
            yield warned(subject, f"{where} has no entry: nobody is let in", set_to(name, _A_PAIR[name]))
        keys += pairs.values() if name in ("browser_keys", "write_keys") else ()
    try:
        check_distinct(keys)
    except OperatorError as error:
        yield failed("keys", error, set_to("write_keys", _A_PAIR["write_keys"]))


def _pairs(settings: Settings, name: str, file: Path) -> tuple[dict[str, str], str]:
    """What the setting of this name holds, else the file, and which it was; raises OperatorError where it can't."""
    from streamprocessor.process.stored_secrets import pairs_of
    from streamprocessor.readmodel.requests.tokens import Tokens

    given: str = getattr(settings, name)
    where = PREFIX + name.upper() if given else str(file)
    pairs = pairs_of(given or str(file), where)
    if given and name == "api_tokens":
        Tokens(pairs)
    return pairs, where


def _topics(settings: Settings) -> str:
    from streamprocessor.kafka.admin.layout import layout_of

    return f"{len(layout_of(settings).topics)} topics are described in {settings.topics_dir}"


def _vocabulary(file: str) -> str:
    from streamprocessor.collector.formats.vocabulary import read_vocabulary

    read_vocabulary(Path(file))
    return f"{file} can be read"


def _page_url(setting: str) -> str:
    from streamprocessor.contract.subscriptions.page_links import read_page_url

    return f"messages link to {read_page_url(setting)}"


def _subscriptions(settings: Settings) -> str:
    from streamprocessor.contract.subscriptions.subscription_file import read_subscription_file

    file = read_subscription_file(Path(settings.subscriptions))
    return f"{len(file.subscriptions)} in {settings.subscriptions}"


def _inbox(settings: Settings, processes: Collection[str]) -> str:
    """How many people the inbox has; raises OperatorError where the API lets some not in under their names."""
    from streamprocessor.inbox.inbox_file import read_inbox_file
    from streamprocessor.readmodel.requests.tokens import read_grant
    from streamprocessor.readmodel.store.access.made_names import names_of_made_tokens

    people = read_inbox_file(Path(settings.inbox)).people
    if settings.api_tokens or API in processes:
        file = settings.data_path / "api-tokens"
        is_there = settings.api_tokens or file.exists()
        pairs, where = _pairs(settings, "api_tokens", file) if is_there else ({}, str(file))
        # The token that the api makes at its first start has a name, and no scopes beside it.
        missing = people.keys() - {words if words == "local" else read_grant(words).name for words in pairs}
        missing -= names_of_made_tokens(settings)
        if missing:
            names = ", ".join(sorted(missing))
            message = (
                f"{settings.inbox}: wanted a token in {where}, or one made on the page under Access, for each person; "
                f"got none for {names}"
            )
            raise OperatorError(message)
    return f"{len(people)} people in {settings.inbox}"


def _database(process: str, setting: str, url: str) -> Finding:
    """Whether the server answers and lets us in; no table is looked at."""
    subject = f"database of {process}"
    if not url:
        return well(subject, "SQLite in the data folder")
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import SQLAlchemyError

    from streamprocessor.process.databases import read_database_url

    try:
        at = read_database_url(url, PREFIX + setting)
        arguments = {"connect_timeout": 5} if at.get_backend_name() == "postgresql" else {}
        engine = create_engine(at, connect_args=arguments)
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        finally:
            engine.dispose()
    except OperatorError as error:
        return failed(subject, error, set_to(setting, "postgresql://user:password@host/name"))
    except (SQLAlchemyError, ImportError) as error:  # ImportError: the database's driver is not installed
        # The driver's words name host and database, never the password.
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        return failed(
            subject, f"{at.render_as_string()}: {reason}; start it, or set {PREFIX}{setting}", _database_try(at)
        )
    return well(subject, f"{at.render_as_string()} lets us in")


def _database_try(at: URL) -> str:
    """The line that tries the server; it asks for the password by itself."""
    if at.get_backend_name() != "postgresql":
        return f"ls -l {shlex.quote(at.database or '')}"
    words = (
        "psql",
        "-h",
        at.host or "localhost",
        "-p",
        str(at.port or 5432),
        "-U",
        at.username or "",
        at.database or "",
    )
    return shlex.join(words)


def _looked_at(file: str) -> str:
    """The line that opens what can't be read as it is."""
    return f"${{EDITOR:-vi}} {shlex.quote(file)}" if Path(file).exists() else f"ls -l {shlex.quote(file)}"
