"""HTTP in: trackers, beacons, SDKs and mail providers post here; what was accepted is never lost."""
