"""Settings of every process: what each may be, read from an environment that is given.

Each field is also `STREAMPROCESSOR_<NAME>` in the environment; deploy/settings.example.env documents them all. A secret
is also `STREAMPROCESSOR_<NAME>_FILE`: the file that it stands in, as Docker and Kubernetes mount them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, create_model

from streamprocessor.bundled_files import path_of
from streamprocessor.contract.foreign_text import shown_value
from streamprocessor.contract.strict_yaml.located import nearest
from streamprocessor.errors import OperatorError

PREFIX = "STREAMPROCESSOR_"

_CHOICES = re.compile(r"\^\(([A-Za-z_|]+)\)\$")

#: The mail providers, by the names of their modules in collector/providers: one line each, and all else follows.
MAIL_PROVIDERS = (
    "sendgrid",
    "mailgun",
    "postmark",
    "mailjet",
    "brevo",
    "sparkpost",
    "mailersend",
    "resend",
    "ses",
    "mandrill",
)

S = TypeVar("S", bound=BaseModel)

BundledPath = Annotated[str, AfterValidator(path_of)]
"""A file or folder; where the working folder has none of that name, the one that comes along with the package."""


def _with_hook_secrets(settings: type[S]) -> type[S]:
    """The settings with one more for each mail provider: the secret of its webhooks."""
    secrets: dict[str, Any] = {f"hook_{name}_secret": (str, Field("", repr=False)) for name in MAIL_PROVIDERS}
    return create_model(
        settings.__name__, __base__=settings, __doc__=settings.__doc__, __module__=settings.__module__, **secrets
    )


@_with_hook_secrets
class Settings(BaseModel):
    """All settings, checked. Units are in the names; port 0 is any free one."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    bootstrap: str = Field("", description="Kafka brokers, host:port,host:port; empty: the embedded broker of `up`")
    security_protocol: str = Field("PLAINTEXT", pattern="^(PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL)$")
    sasl_mechanism: str = Field("", description="PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER")
    sasl_username: str = ""
    sasl_password: str = Field("", repr=False)
    sasl_token_command: str = Field("", repr=False, description="prints a token; run without a shell")
    sasl_token_url: str = Field("", description="where a token is had by the client-credentials grant: https://...")
    sasl_client_id: str = ""
    sasl_client_secret: str = Field("", repr=False)
    sasl_scope: str = ""
    sasl_extensions: str = Field("", description="sent with each token: name=value,name=value")
    ssl_ca_file: str = ""
    ssl_certificate_file: str = ""
    ssl_key_file: str = ""
    ssl_key_password: str = Field("", repr=False, description="of an encrypted key")

    app_id: str = Field("streamprocessor", pattern=r"^[A-Za-z0-9._-]{1,100}$", description="also the consumer group")
    topic_prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]{0,100}$", description="before every topic: staging-")
    topics_dir: BundledPath = Field("topics", description="folder of the topics' YAML files")
    model: BundledPath = Field("deploy/scoring.yaml", description="the scoring model's file")
    data_dir: str = Field(".streamprocessor", description="what this machine keeps: keys, databases, the spool, slots")
    partitions: int = Field(0, ge=0, le=1024, description="of new topics; 0: as topics/*.yaml says")
    replication: int = Field(0, ge=0, le=9, description="replicas of new topics; 0: 3 where 3 brokers are up, else 1")

    erasure_salt: str = Field("", repr=False, description="secret, never to change: erased contacts are hashes with it")
    address_salt: str = Field("", repr=False, description="secret, never to change: mail addresses are hashed with it")

    name: str = Field("", pattern=r"^[A-Za-z0-9._-]{0,100}$", description="this worker's static name; empty: a slot")
    session_timeout_seconds: float = Field(45.0, ge=1.0, le=1800.0)
    commit_interval_seconds: float = Field(1.0, gt=0.0, le=60.0)
    request_timeout_seconds: float = Field(30.0, gt=0.0, le=600.0)
    max_clock_skew_seconds: float = Field(2.0, gt=0.0, le=60.0)

    kafka_port: int = Field(9092, ge=0, le=65535)
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(6066, ge=0, le=65535)
    port_file: str = Field("", description="a file that gets the port of metrics and health, for port 0")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    log_format: str = Field("human", pattern="^(human|json)$", description="of a line: for people, or JSON")
    drain_seconds: float = Field(0.0, ge=0.0, le=300.0, description="that requests are answered yet when told to stop")
    status_urls: str = Field("", description="processes that `status` asks, too: http://worker-1:6066,...")

    otlp_endpoint: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="takes traces: http://otel:4318; needs the extra otlp",
    )

    collector_host: str = "127.0.0.1"
    collector_port: int = Field(8000, ge=0, le=65535)
    public_url: str = Field("", description="where the outside reaches the collector: https://track.example.com")
    browser_keys: str = Field("", repr=False, description="public: source=key,source=key, or a file of such lines")
    browser_origins: str = Field("", description="pages each browser key is for: source=https://www.example.com ...")
    write_keys: str = Field("", repr=False, description="secret: source=key,source=key, or a file of such lines")
    token_keys: str = Field("", repr=False, description="id=secret,id=secret, or a file; the first one signs")
    allowed_sites: str = Field("", description="hosts a form may redirect to: example.com,www.example.com")
    form_attributes: bool = Field(True, description="keep names, phones, addresses of forms as attributes of contacts")
    vocabulary: str = Field("", description="a file that adds names to those of collector/formats/vocabulary.yaml")
    trusted_proxies: str = Field("", description="addresses or networks whose X-Forwarded-For is believed")
    operator_networks: str = Field("", description="who gets /metrics, /status; empty: who asks through no proxy")
    truncate_ip: bool = Field(False, description="keep only the network part of visitors' addresses")
    rate_limit_per_second: int | None = Field(None, ge=0, description="events a key may send from an address; 0: any")
    new_contacts_per_minute: int | None = Field(None, ge=0, description="that a key may name from an address; 0: any")
    identities_per_contact: int | None = Field(None, ge=0, description="a day, by a key from an address; 0: any")
    spool_max_bytes: int = Field(1 << 30, ge=1 << 16, description="of entries kept on disk while Kafka is away")

    api_host: str = "127.0.0.1"
    api_port: int = Field(8080, ge=0, le=65535)
    api_tokens: str = Field(
        "", repr=False, description="name/scope+scope=token,... (read, write, erase, model, tokens), or a file"
    )
    model_approvals: int = Field(0, ge=0, le=10, description="people besides its author that a model's draft needs")
    audit_file: str = Field("", description="who asked the api for what; empty: a file in the data folder")
    audit_max_bytes: int = Field(1 << 26, ge=1 << 12, description="of one audit file, before it is put aside")
    audit_files: int = Field(10, ge=1, le=1_000, description="audit files that are kept, the present one too")
    database_url: str = Field("", repr=False, description="postgresql://...; empty: a SQLite file in the data folder")
    delivery_url: str = Field("", description="where the api asks delivery; empty: its host and port on this machine")
    import_max_bytes: int = Field(1 << 28, ge=1 << 10, description="of a file that is imported over HTTP")
    mappings_dir: BundledPath = Field("deploy/imports", description="folder of what the columns of CSV files mean")
    history_days: float = Field(90.0, gt=0.0, le=36500.0, description="how long the read model keeps steps")

    delivery_host: str = "127.0.0.1"
    delivery_port: int = Field(8090, ge=0, le=65535)
    delivery_secret: str = Field("", repr=False, description="bearer token of delivery's own API")
    delivery_database: str = Field("", repr=False, description="postgresql://...; empty: SQLite in the data folder")
    delivery_since: str = Field(
        "", description="an instant: with a new database, announcements from then on are posted"
    )
    delivery_allowed_hosts: str = Field(
        "", description="hosts of webhooks that may be inside, or plain http: hooks.lan"
    )
    delivery_secrets_dir: str = Field("", description="folder of what file:NAME leads to; empty: in the data folder")
    delivery_secrets_env_prefix: str = Field(
        "HOOK_", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$", description="what NAME begins with in env:NAME"
    )
    delivery_templates_dir: BundledPath = Field("deploy/webhooks", description="folder of payload templates")
    delivery_timeout_seconds: float = Field(20.0, gt=0.0, le=60.0)
    shadow_host: str = "127.0.0.1"
    shadow_port: int = Field(8095, ge=0, le=65535)
    shadow_url: str = Field("", description="where the api asks the shadow; empty: where it runs on this machine")
    page_url: str = Field(
        "", description="where people open the page, for links in messages: https://leads.example.com"
    )
    smtp_host: str = Field("", description="the server that mails are handed to; empty: none are sent")
    smtp_port: int = Field(0, ge=0, le=65535, description="0: 587, 465 with tls, 25 with none")
    smtp_security: str = Field("starttls", pattern="^(starttls|tls|none)$", description="none: on this machine alone")
    smtp_username: str = ""
    smtp_password: str = Field("", repr=False)
    smtp_from: str = Field("", description="the address that mails come from")
    smtp_ca_file: str = Field("", description="authorities of the server's certificate; empty: this machine's")
    subscriptions: BundledPath = Field(
        "", description="the subscriptions' file, beside those of the subscriptions topic"
    )
    inbox: BundledPath = Field(
        "", description="the file of the hot-lead inbox; empty: leads have no owners, and are never due"
    )

    @property
    def data_path(self) -> Path:
        """The data folder."""
        return Path(self.data_dir)

    @property
    def group(self) -> str:
        """The application's consumer group, which is also its name among others in a data folder."""
        return f"{self.topic_prefix}{self.app_id}"

    def hook_secret(self, provider: str) -> str | None:
        """The secret of a mail provider's webhooks; None where none is set."""
        secret: str = getattr(self, f"hook_{provider}_secret")
        return secret or None


def read_settings(environment: Mapping[str, str], **overrides: Any) -> Settings:
    """Settings from the environment, then from the command line (None: not given).

    Raises:
        OperatorError: a value is wrong, a secret's file can't be used, or the environment names a setting that does not
            exist.
    """
    given = {
        name[len(PREFIX) :].lower(): value for name, value in environment.items() if name.startswith(PREFIX) and value
    }
    values: dict[str, Any] = {
        name: value for name, value in given.items() if _secret_of_file(name) is None
    } | _from_files(given)
    values.update({name: value for name, value in overrides.items() if value is not None})
    try:
        return Settings(**values)
    except ValidationError as error:
        problems = "; ".join(_sentence(item) for item in error.errors())
        message = f"settings: {problems}"
        raise OperatorError(message) from error


def log_settings(environment: Mapping[str, str]) -> tuple[str, str]:
    """Level and form of the log, whatever the other settings are; the usual one of either that is wrong itself."""
    given = {name: environment.get(f"{PREFIX}{name.upper()}") or None for name in ("log_level", "log_format")}
    found: list[str] = []
    for name, value in given.items():
        try:
            found.append(getattr(Settings(**{name: value} if value else {}), name))
        except ValidationError:
            found.append(Settings.model_fields[name].default)
    return found[0], found[1]


def _secret_of_file(name: str) -> str | None:
    """The secret that stands in the file of the setting of this name; None: it is no secret's file."""
    secret = name.removesuffix("_file")
    field = None if name in Settings.model_fields else Settings.model_fields.get(secret)
    return secret if field is not None and not field.repr else None


def _from_files(given: Mapping[str, str]) -> dict[str, str]:
    """The secrets whose files are given; raises OperatorError, which never repeats any of one."""
    secrets = {}
    for name, file in given.items():
        secret = _secret_of_file(name)
        if secret is None:
            continue
        setting = PREFIX + name.upper()
        if secret in given:
            message = f"settings: {setting}: wanted it or {PREFIX}{secret.upper()}; got both"
            raise OperatorError(message)
        try:
            secrets[secret] = Path(file).read_text(encoding="utf-8-sig").strip()  # editors on Windows begin with a mark
        except (OSError, ValueError) as error:
            message = (
                f"settings: {setting}: wanted a file with the secret; can't read {_shown_path(file)}: {_why(error)}"
            )
            raise OperatorError(message) from error
        if not secrets[secret]:
            message = f"settings: {setting}: wanted a file with the secret; got {_shown_path(file)}, which is empty"
            raise OperatorError(message)
    return secrets


def _shown_path(file: str) -> str:
    """The path, unless it may be the secret itself, put there by mistake."""
    return file if file.startswith("/") else "what is no absolute path"


def _why(error: OSError | ValueError) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is not UTF-8"


def _sentence(problem: Any) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        meant = nearest(name, Settings.model_fields)
        hint = f" (did you mean '{PREFIX}{meant.upper()}'?)" if meant is not None else ""
        return f"{PREFIX}{name.upper()} is not a setting{hint}; see {path_of('deploy/settings.example.env')}"
    is_secret = not Settings.model_fields[name].repr
    got = "" if is_secret else f"; got {shown_value(problem.get('input'))}"
    return f"{PREFIX}{name.upper()}: {_wanted(name, problem)}{got}"


def _wanted(name: str, problem: Any) -> str:
    """What the setting wants, in words."""
    if problem["type"] == "string_pattern_mismatch":
        pattern = problem["ctx"]["pattern"]
        choices = _CHOICES.fullmatch(pattern)
        return (
            f"wanted one of {', '.join(choices[1].split('|'))}" if choices else f"wanted a text that {pattern} matches"
        )
    field = Settings.model_fields[name]
    if field.annotation is bool:
        return "wanted true or false"
    if field.annotation not in (int, float, int | None):
        return str(problem["msg"])
    bounds = {type(each).__name__: each for each in field.metadata}
    kind = "a number" if field.annotation is float else "a whole number"
    above, least, most = (bounds.get(each) for each in ("Gt", "Ge", "Le"))
    words = [f"above {above.gt:g}"] if above else [f"of at least {least.ge:g}"] if least else []
    words += [f"at most {most.le:g}"] if most else []
    return f"wanted {kind} {' and '.join(words)}".rstrip()
