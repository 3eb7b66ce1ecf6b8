"""Contact filters as JSON: the core's frozen values, and nothing that they do not know may be read into them."""

from __future__ import annotations

from pydantic import ConfigDict, with_config

from streamprocessor.scoring.model.contact_filter import AttributeCondition, ContactFilter, ScoreCondition

__all__ = ["ContactFilter"]

for _values in (ScoreCondition, AttributeCondition, ContactFilter):
    with_config(ConfigDict(extra="forbid"))(_values)
