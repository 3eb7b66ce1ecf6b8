"""What is good: objectives and limits that dashboards draw as lines; the alerts of deploy/prometheus have the same."""

from __future__ import annotations

# The objectives. A number of seconds that a share is counted by is a bucket of its histogram.
EVENT_AGE_SECONDS = 1.0
EVENT_AGE_SHARE = 0.99
COLLECTOR_SHARE = 0.999
DELIVERY_AGE_SECONDS = 15.0
DELIVERY_AGE_SHARE = 0.99

# From here on an alert comes, if it lasts.
LAG_SECONDS = 60.0
TIMER_LATENESS_SECONDS = 5.0
RECOVERY_SECONDS = 600.0
DEAD_LETTER_SHARE = 0.01
CLOCK_SKEW_SECONDS = 1.0
SPOOL_AGE_SECONDS = 300.0
ENDPOINT_FAILED_SHARE = 0.5
DELIVERY_WAIT_SECONDS = 3600.0
READ_MODEL_BEHIND_RECORDS = 10_000.0
MEMORY_SHARE = 0.9
DATA_FOLDER_FREE_SHARE = 0.1

# No alert comes, but someone waits.
COLLECTOR_SECONDS = 0.1
API_SECONDS = 1.0
EVENT_LOOP_LAG_SECONDS = 1.0
