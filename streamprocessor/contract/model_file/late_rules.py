"""Rules of a revision that count only what arrives from now on, as commands and the API tell of them."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.model_file.revisions import ModelRevision, model_of
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.scoring.plan.coverage import coverage_gaps


def late_rules(revision: ModelRevision) -> list[dict[str, Any]]:
    """Each rule with what it needs of one event type that evidence keeps only since the revision is in force.

    missing: the paths; none of them: the events themselves were not kept.
    """
    return [
        {
            "score": each.score,
            "rule": each.rule,
            "type": each.type,
            "missing": each.paths,
            "since": format_rfc3339(each.since_ms),
        }
        for each in coverage_gaps(model_of(revision), revision.applied_at_ms)
    ]
