"""Which revision of the model a second table adds to the history."""

from __future__ import annotations

from streamprocessor.cli.rebuild.second.table import revision_in_place_of
from streamprocessor.contract.model_file.revisions import ModelRevision

KEPT_SINCE = {"purchase": {"properties.amount": 5}}
NEWEST = ModelRevision(4, "m", "v", "text", 0, KEPT_SINCE, announce_hot_leads=True, based_on="digest of revision 3")


def test_evidence_of_everything_is_counted_from_its_beginning_by_a_revision_of_its_own() -> None:
    whole = revision_in_place_of(NEWEST, covers_all=True)
    late = revision_in_place_of(NEWEST, covers_all=False)

    assert whole is not None
    assert late is not None
    assert (whole.revision, whole.kept_since, whole.announce_hot_leads, whole.based_on) == (5, {}, False, "")
    assert (late.revision, late.kept_since) == (5, KEPT_SINCE)


def test_a_model_whose_evidence_was_always_whole_stays_in_force() -> None:
    assert revision_in_place_of(ModelRevision(4, "m", "v", "text", 0), covers_all=True) is None
