"""Doors and deliveries: sources, refusals and spool of the collector; webhooks by endpoint; the api and its tables."""

from __future__ import annotations

from deploy.grafana.definitions.board import Board, TextBox
from deploy.grafana.definitions.rows.deliveries import API_ROW, WEBHOOKS
from deploy.grafana.definitions.rows.doors import COLLECTOR_ROW, REFUSALS, SOURCES

BOARD = Board(
    "leadscore-doors",
    "Doors and deliveries",
    "What comes in by which door, what is refused, what waits on disk, and what each endpoint gets.",
    [SOURCES, REFUSALS, COLLECTOR_ROW, WEBHOOKS, API_ROW],
    boxes=[TextBox("silence", "Silence", "How long without a record a source is silent, such as 1h", "1h")],
)
