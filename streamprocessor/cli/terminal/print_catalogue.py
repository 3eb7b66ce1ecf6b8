"""What came, printed for people."""

from __future__ import annotations

from streamprocessor.catalogue.catalogue import ATTRIBUTES
from streamprocessor.catalogue.report import CatalogueReport
from streamprocessor.cli.terminal.plain_text import echo
from streamprocessor.cli.terminal.printing import print_table
from streamprocessor.contract.foreign_text import listed


def print_types(report: CatalogueReport) -> None:
    """Print a table of the types that came, and one of their properties."""
    if not report.types:
        echo("nothing came")
        return
    rows = [
        (
            seen.type,
            seen.count,
            seen.contacts,
            f"{seen.human_share:.0%}",
            ", ".join(seen.sources),
            _asked(seen.asked_by),
        )
        for seen in report.types
    ]
    print_table(("type", "events", "contacts", "human", "from", "rules"), rows)
    print_unasked(report)
    echo("")
    properties = [
        (seen.type, each.path, each.count, ", ".join(each.kinds), ", ".join(each.examples), _asked(each.asked_by))
        for seen in report.types
        for each in seen.properties
    ]
    print_table(("type", "property", "came", "JSON", "such as", "rules"), properties)


def print_unasked(report: CatalogueReport) -> None:
    """Print the types that no rule asks for."""
    for seen in report.types:
        if not seen.asked_by and seen.type != ATTRIBUTES:
            close = "" if seen.did_you_mean is None else f": is it {seen.did_you_mean}?"
            echo(f"no rule asks for {seen.type} ({seen.count} came){close}")


def print_unmet(report: CatalogueReport) -> None:
    """Print the rules that nothing met, and why."""
    for rule in report.unmet_rules:
        echo(f"{rule.score}/{rule.rule}: nothing met it: {'; '.join(rule.why)}")


def _asked(rules: list[str]) -> str:
    return listed(rules) or "none"
