"""Settings from the environment, and secrets from files."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.settings import PREFIX, Settings, read_settings

SECRETS = sorted(name for name, field in Settings.model_fields.items() if not field.repr)


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_stand_in_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("site=first-key-of-ours\napp=second-key-of-ours\n")

    settings = read_settings({f"{PREFIX}{name.upper()}_FILE": str(file)})

    assert getattr(settings, name) == "site=first-key-of-ours\napp=second-key-of-ours"
    assert repr(settings) == repr(Settings())


def test_what_the_command_line_says_holds_before_a_secrets_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://host/one")

    settings = read_settings(
        {f"{PREFIX}DATABASE_URL_FILE": str(file), f"{PREFIX}DATABASE_URL": ""}, database_url="postgresql://host/two"
    )

    assert settings.database_url == "postgresql://host/two"


@pytest.mark.parametrize(
    ("content", "environment", "words"),
    [
        (None, {}, r"SALT_FILE: wanted a file with the secret; can't read /.*salt: No such file or directory"),
        (b" \n", {}, r"SALT_FILE: wanted a file with the secret; got /.*salt, which is empty"),
        (b"\xff\xfe hidden", {}, r"SALT_FILE: wanted a file with the secret; can't read /.*salt: it is not UTF-8"),
        (b"hidden", {"ERASURE_SALT": "hidden-too"}, r"SALT_FILE: wanted it or STREAMPROCESSOR_ERASURE_SALT; got both"),
    ],
)
def test_a_secrets_file_that_cannot_be_used_is_named_and_nothing_of_the_secret_is(
    content: bytes | None, environment: dict[str, str], words: str, tmp_path: Path
) -> None:
    file = tmp_path / "salt"
    if content is not None:
        file.write_bytes(content)
    given = {PREFIX + name: value for name, value in environment.items()}

    with pytest.raises(OperatorError, match=words) as caught:
        read_settings(given | {f"{PREFIX}ERASURE_SALT_FILE": str(file)})

    assert "hidden" not in str(caught.value)


def test_a_folder_in_place_of_a_secrets_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"SALT_FILE: .* can't read /.*: Is a directory"):
        read_settings({f"{PREFIX}ERASURE_SALT_FILE": str(tmp_path)})


def test_a_secret_that_stands_where_its_files_name_belongs_is_not_repeated() -> None:
    with pytest.raises(OperatorError, match="can't read what is no absolute path: No such file") as caught:
        read_settings({f"{PREFIX}DATABASE_URL_FILE": "postgresql://me:hidden@host/name"})

    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa-secret\r\n", b"a-secret", b" a-secret\n\n"])
def test_a_secret_is_the_same_whatever_its_editor_writes_around_it(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "salt").write_bytes(content)

    assert read_settings({f"{PREFIX}ERASURE_SALT_FILE": str(tmp_path / "salt")}).erasure_salt == "a-secret"


@pytest.mark.parametrize("name", ["LOG_LEVEL_FILE", "ERASURE_SALT_FILE_FILE", "SSL_CA_FILE_FILE"])
def test_what_is_no_secret_is_not_read_from_a_file(name: str, tmp_path: Path) -> None:
    file = tmp_path / "level"
    file.write_text("DEBUG")

    with pytest.raises(OperatorError, match=f"{PREFIX}{name} is not a setting"):
        read_settings({PREFIX + name: str(file)})
