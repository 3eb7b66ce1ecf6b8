"""The files that come along with the package: topics, models, mappings, templates, and documents that messages name.

In a checkout they are its folders `topics` and `deploy`. Installed they are in the package's folder `bundle`, where the
build puts them (setup.py), under the same relative names.
"""

from __future__ import annotations

from pathlib import Path

FOLDERS = ("topics", "deploy")

_PACKAGE = Path(__file__).parent
_BUNDLE = _PACKAGE / "bundle"


def bundle_folder() -> Path:
    """The folder in which `topics` and `deploy` are, whatever the working folder is."""
    return _BUNDLE if _BUNDLE.is_dir() else _PACKAGE.parent


def path_of(file: str) -> str:
    """Where the file or folder of that name is: as it is named, else the one that comes along under the same name.

    file: absolute, or relative to the working folder, whose files come before ours. Returned as it is where nothing is
    there under that name, so that whoever reads it says so.
    """
    path = Path(file)
    if path.is_absolute() or path.parts[:1] not in [(folder,) for folder in FOLDERS] or ".." in path.parts:
        return file
    bundled = bundle_folder() / path
    return file if path.exists() or not bundled.exists() else str(bundled)


def backup_document() -> str:
    """The path of the document that says which command mends which loss."""
    return path_of("deploy/backup.md")
