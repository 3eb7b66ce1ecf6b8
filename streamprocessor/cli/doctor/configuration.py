"""Whether settings say what a process needs of them: salts, keys, files, databases."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from streamprocessor.cli.doctor.finding import API, COLLECTOR, DELIVERY, WORKER, Finding, Level, examined, failed, well
from streamprocessor.errors import OperatorError
from streamprocessor.settings import PREFIX, Settings


def configuration_findings(settings: Settings, processes: Collection[str]) -> Iterator[Finding]:
    """What is found in the settings and in what they name; nothing is made or changed."""
    if {WORKER, API}.intersection(processes):
        yield from _salts(settings)
    yield from _keys(settings, processes)
    yield examined("topics' files", lambda: _topics(settings))
    if COLLECTOR in processes and settings.vocabulary:
        yield examined("vocabulary", lambda: _vocabulary(settings.vocabulary))
    if DELIVERY in processes and settings.subscriptions:
        yield examined("subscriptions", lambda: _subscriptions(settings))
    if DELIVERY in processes and settings.page_url:
        yield examined("page's address", lambda: _page_url(settings.page_url))
    if DELIVERY in processes:
        yield examined("mails", lambda: _mails(settings))
    if {DELIVERY, API}.intersection(processes) and settings.inbox:
        yield examined("inbox", lambda: _inbox(settings, processes))
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
        yield Finding("erasure salt", Level.WARN, sentence)
    else:
        yield _salt("erasure salt", lambda: erasure_salt(settings.erasure_salt, folder))
    yield _salt("address salt", lambda: address_salt(settings.address_salt, folder))


def _salt(subject: str, read: Callable[[], str]) -> Finding:
    """How the salt is: a short one can be guessed, and is only warned of since a salt must never change."""
    from streamprocessor.process.stored_secrets import SECRET_MIN_CHARS

    try:
        salt = read()
    except OperatorError as error:
        return failed(subject, error)
    if len(salt) < SECRET_MIN_CHARS:
        sentence = (
            f"wanted at least {SECRET_MIN_CHARS} characters; got {len(salt)}, which can be guessed: what is stored "
            "under it stays so, so choose another only before the first contact"
        )
        return Finding(subject, Level.WARN, sentence)
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
            yield failed(subject, error)
            continue
        if pairs:
            yield well(subject, f"{len(pairs)} in {where}")
        else:
            yield Finding(subject, Level.WARN, f"{where} has no entry: nobody is let in")
        keys += pairs.values() if name in ("browser_keys", "write_keys") else ()
    try:
        check_distinct(keys)
    except OperatorError as error:
        yield failed("keys", error)


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


def _mails(settings: Settings) -> str:
    from streamprocessor.delivery.dispatch.mail_server import mail_server_of

    server = mail_server_of(settings)
    return "no server for them is set" if server is None else f"through {server.host}:{server.port}, {server.security}"


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
        return failed(subject, error)
    except (SQLAlchemyError, ImportError) as error:  # ImportError: the database's driver is not installed
        # The driver's words name host and database, never the password.
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        return failed(subject, f"{at.render_as_string()}: {reason}; start it, or set {PREFIX}{setting}")
    return well(subject, f"{at.render_as_string()} lets us in")
