"""The candidate beside the model in force."""

from __future__ import annotations

import msgspec

from streamprocessor.contract.model_file.revisions import ModelRevision


def candidate_after(before: ModelRevision, candidate: ModelRevision) -> ModelRevision:
    """The candidate under the number after the other's, which tells its records from those of the model in force."""
    return msgspec.structs.replace(candidate, revision=before.revision + 1)
