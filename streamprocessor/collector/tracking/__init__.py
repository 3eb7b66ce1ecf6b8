"""Our own trackers: the pixel, tracked links, the beacon and forms, with their tokens and allowed sites."""
