"""By which mapping a kept file is read: as somebody chose, else as it is recognised, else as it looks."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import orjson

from streamprocessor.contract.access_policy import KeyKind
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.strict_yaml.located import ReadError
from streamprocessor.errors import OperatorError
from streamprocessor.imports.csv_mapping import parse_mapping
from streamprocessor.imports.guessing.guess import guess
from streamprocessor.imports.proposals.file_proposal import GivenFile, ProposalBounds, head_of
from streamprocessor.imports.proposals.mapping_text import text_of, words_of
from streamprocessor.imports.proposals.proposal import Proposal, ProposalCounts
from streamprocessor.imports.recognition import KnownExport, known_exports, recognise
from streamprocessor.imports.rows import CSV
from streamprocessor.readmodel.gateways.import_files import KeptFile
from streamprocessor.readmodel.gateways.import_mappings import SavedMapping
from streamprocessor.readmodel.gateways.import_run import permitted
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.imports import MappingBody
from streamprocessor.readmodel.requests.tokens import ERASE, READ, Grant
from streamprocessor.readmodel.responses.import_files import (
    FileProposalView,
    KeptFileView,
    MappingView,
    RecognisedMapping,
)
from streamprocessor.readmodel.routing.context import ApiContext

MOST_ROWS = 10_000
"""Of a file are looked at before it is imported."""
MOST_SECONDS = 30.0
"""For which it is looked at."""


class MappingChoice(NamedTuple):
    """A mapping. recognised: None where it was written by hand, or guessed; text: None of a format without columns."""

    recognised: RecognisedMapping | None
    text: str | None


def written_text(body: MappingBody) -> str | None:
    """The YAML of what was sent; None: nothing was. Raises Problem where it has texts or numbers that JSON has not."""
    try:
        text = body.mapping_text if body.mapping is None else text_of(body.mapping)
        if text is not None:
            text.encode()
            orjson.dumps(words_of(text))
    except ReadError:
        pass  # what is wrong is told with the columns beside
    except RecursionError as error:
        raise Problem(400, "bad-body", "mapping: wanted few levels, one in the other; got hundreds") from error
    except (UnicodeEncodeError, TypeError) as error:
        raise Problem(400, "bad-body", "mapping: wanted whole characters and numbers of 64 bits; got others") from error
    return text


def readable_text(body: MappingBody) -> str | None:
    """The YAML of what was sent; None: nothing was. Raises Problem where it is no mapping."""
    text = written_text(body)
    if text is not None:
        try:
            parse_mapping(text, "mapping")
        except OperatorError as error:
            raise Problem(400, "bad-mapping", str(error)) from error
    return text


def given(context: ApiContext, file: KeptFile) -> GivenFile:
    """The kept file as it is looked at."""
    return GivenFile(context.gateways.import_files.path(file.id), file.name, file.format)


def may_see(grant: Grant, file: KeptFile) -> bool:
    """Whether what stands in the file may be told: it is of people, and a token may write without that it may read."""
    return READ in grant.scopes or file.kept_by == grant.name


def known_file(context: ApiContext, grant: Grant, file_id: str) -> KeptFile:
    """The kept file of that id; raises Problem where there is none that the grant may see."""
    file = context.gateways.import_files.get(file_id)
    if file is None or not may_see(grant, file):
        detail = "file: wanted one of GET /api/import-files; got the id of another, or of one that is gone by now"
        raise Problem(404, "no-such-file", detail)
    return file


def chosen_before(context: ApiContext, file: KeptFile) -> MappingChoice:
    """The mapping that was chosen for the file last."""
    known = next((each for each in mappings(context) if each.name == file.mapping_name), None)
    if known is None or known.mapping_text != file.mapping_text:
        return MappingChoice(None, file.mapping_text)
    return MappingChoice(RecognisedMapping(name=known.name, title=known.title, saved=known.saved), file.mapping_text)


def named(context: ApiContext, name: str) -> MappingChoice:
    """The mapping of that name; raises Problem where there is none."""
    known = next((mapping for mapping in mappings(context) if mapping.name == name), None)
    if known is None:
        raise Problem(404, "no-such-mapping", "mapping: wanted one of GET /api/import-mappings; got another name")
    return MappingChoice(RecognisedMapping(name=name, title=known.title, saved=known.saved), known.mapping_text)


def recognised(context: ApiContext, file: KeptFile) -> MappingChoice:
    """What the file looks like; raises OperatorError where it can't be read at all."""
    if file.format != CSV:
        return MappingChoice(None, None)
    header, samples = head_of(given(context, file))
    saved, exports = context.gateways.saved_mappings, known_exports(context.gateways.mappings)
    own = saved.of_header(header)
    export = recognise(header, exports) if own is None else None
    own = saved.alike(header) if own is None and export is None else own
    if own is not None:
        return MappingChoice(RecognisedMapping(name=own.name, title=own.name, saved=True), own.mapping_text)
    if export is not None:
        return MappingChoice(RecognisedMapping(name=export.name, title=export.title, saved=False), export.mapping_text)
    return MappingChoice(None, guess(header, samples))


def mappings(context: ApiContext) -> list[MappingView]:
    """All mappings, by their titles; in place of one that came with the installation stands one saved by its name."""
    views = {each.name: _known(each) for each in known_exports(context.gateways.mappings)}
    views |= {each.name: saved_view(each) for each in context.gateways.saved_mappings.all()}
    return sorted(views.values(), key=lambda view: view.title.lower())


def saved_view(saved: SavedMapping) -> MappingView:
    """A mapping that somebody saved, as it is shown."""
    words = _words(saved.mapping_text)
    return MappingView(name=saved.name, title=saved.name, saved=True, mapping=words, mapping_text=saved.mapping_text)


def _known(export: KnownExport) -> MappingView:
    words = _words(export.mapping_text)
    return MappingView(
        name=export.name, title=export.title, saved=False, mapping=words, mapping_text=export.mapping_text
    )


def proposed(context: ApiContext, grant: Grant, file: KeptFile, choice: MappingChoice) -> FileProposalView:
    """What an import of the file by the mapping would do, for who asks."""
    bounds = ProposalBounds(MOST_ROWS, MOST_SECONDS, partial(permitted, kind=kind_of_token(grant)))
    look = context.gateways.propose(given(context, file), choice.text, bounds)
    proposal = look.proposal or Proposal(ProposalCounts(), [], [])
    return FileProposalView(
        file=file_view(file),
        recognised=choice.recognised,
        mapping=None if choice.text is None else _words(choice.text),
        mapping_text=choice.text,
        read_as=look.read_as,
        problem=look.problem,
        columns=look.columns,
        samples=proposal.samples,
        counts=proposal.counts,
        first_refused=proposal.first_refused,
    )


def kind_of_token(grant: Grant) -> KeyKind:
    """What imports with the grant may say."""
    return KeyKind.ERASING_TOKEN if ERASE in grant.scopes else KeyKind.TOKEN


def file_view(file: KeptFile) -> KeptFileView:
    """The file as clients see it."""
    return KeptFileView(
        id=file.id,
        name=file.name,
        format=file.format,
        bytes=file.bytes,
        until=format_rfc3339(file.until_ms),
        import_id=file.import_id,
    )


def _words(mapping_text: str) -> dict[str, Any] | None:
    """The words of the text; None where it is no YAML, or no words."""
    try:
        words = words_of(mapping_text)
    except ReadError:
        return None
    return words if isinstance(words, dict) else None
