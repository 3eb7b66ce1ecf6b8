"""The dashboards of Grafana, as code; `python -m deploy.grafana.definitions` writes deploy/grafana/dashboards."""
