"""What an import of a file would do, printed before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from streamprocessor.errors import EXIT_FAILED, OperatorError
from streamprocessor.imports.rows import CSV

if TYPE_CHECKING:
    from streamprocessor.imports.proposals.file_proposal import FileProposal, GivenFile
    from streamprocessor.imports.proposals.proposal import ProposalCounts, SampleRow
    from streamprocessor.settings import Settings

_STAND_IN_SALT = "only-to-look-at-it"


class FileMapping(NamedTuple):
    """What the columns of a file mean.

    text: YAML; None of a format without columns. title: of the known export that it was recognised as; None: it was
        given, or guessed.
    is_guess: whether it is made of how the file looks.
    """

    text: str | None
    title: str | None = None
    is_guess: bool = False


def mapping_of(settings: Settings, file: GivenFile, mapping: Path | None) -> FileMapping:
    """The mapping that was given, else that of the known export that the file is, else a guess."""
    from streamprocessor.contract.strict_yaml.document import read_text
    from streamprocessor.imports.guessing.guess import guess
    from streamprocessor.imports.proposals.file_proposal import head_of
    from streamprocessor.imports.recognition import known_exports, recognise

    if mapping is not None:
        return FileMapping(read_text(mapping, "a mapping of columns"))
    if file.format != CSV:
        return FileMapping(None)
    header, samples = head_of(file)
    export = recognise(header, known_exports(Path(settings.mappings_dir)))
    if export is None:
        return FileMapping(guess(header, samples), is_guess=True)
    return FileMapping(export.mapping_text, export.title)


def recognised_mapping_of(settings: Settings, file: GivenFile, mapping: Path | None) -> FileMapping:
    """The mapping of the file, never a guess.

    Raises OperatorError where the file is no known export and no mapping was given.
    """
    file_mapping = mapping_of(settings, file, mapping)
    if file_mapping.is_guess:
        message = (
            f"{file.path}: no known export has these columns; wanted --mapping FILE; `streamprocessor import "
            f"{file.path} --dry-run` shows one to begin with"
        )
        raise OperatorError(message)
    return file_mapping


def preview(ctx: click.Context, settings: Settings, file: GivenFile, mapping: Path | None, *, as_json: bool) -> None:
    """Print what an import of the whole file would do. The exit code is 1 where something would be refused."""
    from streamprocessor.cli.terminal.printing import print_json_lines
    from streamprocessor.imports.proposals.file_proposal import ProposalBounds, propose
    from streamprocessor.process.stored_secrets import known_address_salt

    salt = known_address_salt(settings.address_salt, settings.data_path) or _STAND_IN_SALT
    file_mapping = mapping_of(settings, file, mapping)
    look = propose(settings.model_copy(update={"address_salt": salt}), file, file_mapping.text, ProposalBounds())
    if as_json:
        print_json_lines([_as_json(file, file_mapping, look)])
    else:
        _print(file, file_mapping, look)
    if look.proposal is None or look.proposal.counts.refused:
        ctx.exit(EXIT_FAILED)


def recognised_line(file: GivenFile, file_mapping: FileMapping) -> str | None:
    """What the file was recognised as, as one line; None where there was no need to."""
    if file_mapping.is_guess:
        return f"{file.path}: no known export; its columns are read as they look"
    return None if file_mapping.title is None else f"{file.path}: recognised as {file_mapping.title}"


def _as_json(file: GivenFile, file_mapping: FileMapping, look: FileProposal) -> dict[str, Any]:
    proposal = look.proposal
    return {
        "file": str(file.path),
        "recognised": file_mapping.title,
        "mapping_text": file_mapping.text,
        "read_as": look.read_as,
        "problem": look.problem,
        "columns": look.columns,
        "samples": [] if proposal is None else proposal.samples,
        "counts": None if proposal is None else proposal.counts,
        "first_refused": [] if proposal is None else proposal.first_refused,
    }


def _print(file: GivenFile, file_mapping: FileMapping, look: FileProposal) -> None:
    from streamprocessor.cli.terminal.printing import print_table

    for line in filter(
        None,
        (
            recognised_line(file, file_mapping),
            look.read_as and f"{file.path}: read as {look.read_as}",
        ),
    ):
        click.echo(line)
    if look.columns:
        click.echo()
        rows = [(each.name, ", ".join(each.samples), ", ".join(each.meanings) or "left out") for each in look.columns]
        print_table(("COLUMN", "SUCH AS", "MEANS"), rows)
    if look.proposal is not None:
        click.echo()
        print_table(("LINE", "CONTACT", "BECOMES"), map(_sample_cells, look.proposal.samples))
        click.echo()
        for line in _count_lines(look.proposal.counts):
            click.echo(line)
        for refused in look.proposal.first_refused:
            click.echo(f"{file.path}:{refused.line}: {refused.reason}: {refused.detail}")
    if file_mapping.is_guess:
        click.echo(f"\nAs a mapping, to be corrected and given by --mapping FILE:\n\n{file_mapping.text}")
    if look.problem is not None:
        click.echo(f"\n{look.problem}", err=True)


def _sample_cells(row: SampleRow) -> tuple[object, ...]:
    more = [f"and {row.more_records} more"] if row.more_records else []
    becomes = [*(_words(value) for value in row.records), *more, *(f"refused: {each.detail}" for each in row.refused)]
    return (row.line, row.contact_id, "; ".join(becomes) or "passed over")


def _words(value: dict[str, Any]) -> str:
    kind = value.get("update")
    if kind is None:
        return f"{value.get('type')} {_pairs(value.get('properties') or {})}".strip()
    if kind == "suppressed":
        return "opted out" if value.get("suppressed") else "opted in again"
    return _pairs(value.get("attributes") or {}) or str(kind)


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _count_lines(counts: ProposalCounts) -> Iterable[str]:
    yield (
        f"{counts.rows} rows: {counts.accepted} would be sent, {counts.refused} refused, {counts.skipped} passed over; "
        "nothing was sent"
    )
    kinds = {f"{kind} updates": number for kind, number in counts.updates.items()} | dict(counts.events)
    by_kind = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    opted_out = f"; {counts.opted_out} opt out" if counts.opted_out else ""
    if by_kind:
        yield f"{by_kind}{opted_out}"
    if counts.refused:
        yield "refused: " + ", ".join(f"{number} {reason}" for reason, number in counts.refused_by_reason.items())
