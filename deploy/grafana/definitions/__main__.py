"""`python -m deploy.grafana.definitions`: writes each dashboard into deploy/grafana/dashboards."""

from __future__ import annotations

from pathlib import Path

from deploy.grafana.definitions import doors_and_deliveries, is_it_well, where_is_it_stuck, who_is_hot
from deploy.grafana.definitions.board import as_json

FOLDER = Path(__file__).parents[1] / "dashboards"
BOARDS = (is_it_well.BOARD, where_is_it_stuck.BOARD, who_is_hot.BOARD, doors_and_deliveries.BOARD)


def texts() -> dict[str, str]:
    """The text of each file, by its name."""
    return {f"{board.uid}.json": as_json(board) for board in BOARDS}


if __name__ == "__main__":
    for name, text in texts().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
