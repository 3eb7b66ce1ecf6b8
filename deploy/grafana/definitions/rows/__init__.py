"""Rows of panels that dashboards are made of."""
