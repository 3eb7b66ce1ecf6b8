"""Looking at scores from outside the stream: offline scoring, import, simulation."""
