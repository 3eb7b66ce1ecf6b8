"""Where is it stuck? Partitions, rebalances and recoveries, what takes the time, producer, machine."""

from __future__ import annotations

from deploy.grafana.definitions import objectives
from deploy.grafana.definitions.board import Board
from deploy.grafana.definitions.panels import Bound, Panel, Query, Row, percentiles
from deploy.grafana.definitions.promql import (
    chosen,
    quantile,
    rate,
    total,
)
from deploy.grafana.definitions.rows.partitions import GROUP, PARTITIONS

_TIME = Row(
    "What takes the time",
    [
        Panel(
            "What takes the time in a micro-batch?",
            says="p99 of each part: compute is ours, changelog and announcements wait for Kafka.",
            good="each under 0.2 s.",
            otherwise="compute: start another worker; the others: see the brokers.",
            unit="s",
            queries=[Query(quantile(0.99, "leadscore_batch_duration_seconds", "stage"), "{{stage}}")],
            bound=Bound(0.5),
        ),
        Panel(
            "How many records make a micro-batch?",
            says="p50 and p99.",
            good="small while there is no lag; it grows under load by itself, which makes each record cheaper.",
            otherwise="at its greatest all the time: start another worker.",
            unit="none",
            queries=percentiles("leadscore_batch_size_events"),
        ),
        Panel(
            "What keeps the worker busy?",
            says="Seconds a second that micro-batches spend in each part, those of all partitions together.",
            good="compute below one for each worker; the others wait for Kafka, several partitions at once.",
            otherwise="compute near it: there is no room: start another worker.",
            unit="none",
            queries=[Query(rate("leadscore_batch_duration_seconds_sum", "stage"), "{{stage}}")],
            look="stacked",
        ),
        Panel(
            "Event loop: how late does it wake?",
            says="By process, at the worst of the last second.",
            good="under 0.1 s.",
            otherwise=(
                "above 1 s sessions and health are at risk: give the process more of a core, or see the next panel."
            ),
            unit="s",
            queries=[
                Query(total("leadscore_event_loop_lag_seconds", "job, instance", of="max"), "{{job}} {{instance}}")
            ],
            bound=Bound(objectives.EVENT_LOOP_LAG_SECONDS),
        ),
        Panel(
            "Event loop: how long is it blocked by our own work?",
            says="p99 by process.",
            good="under 0.2 s.",
            otherwise=(
                "high here it is our work, and a fault to report; high only in the panel before, the machine is "
                "crowded."
            ),
            unit="s",
            queries=[
                Query(quantile(0.99, "leadscore_event_loop_blocked_seconds", "job, instance"), "{{job}} {{instance}}")
            ],
            bound=Bound(objectives.EVENT_LOOP_LAG_SECONDS),
        ),
        Panel(
            "Timers: how many wait, how many fire?",
            says="Contacts whose score will step by time, and those looked at a second.",
            good="waiting grows with the contacts, fired is steady.",
            otherwise="a peak after a model was applied is no harm; late ones: see Is it well?",
            unit="none",
            queries=[
                Query(total("leadscore_timers_pending"), "waiting"),
                Query(rate("leadscore_timers_fired_total"), "fired a second"),
            ],
        ),
    ],
)

_KAFKA = Row(
    "Kafka",
    [
        Panel(
            "Does the producer get through?",
            says="Refused produce requests, retried ones too, and commits that failed, a second.",
            good="0.",
            otherwise=(
                "a broker is away, a right is missing or there are too few in-sync replicas; the worker's log has the"
                " reason."
            ),
            unit="cps",
            queries=[
                Query(rate("leadscore_produce_errors_total", "instance"), "refused {{instance}}"),
                Query(rate("leadscore_commit_failures_total", "instance"), "commits failed {{instance}}"),
            ],
            bound=Bound(0.001),
        ),
        Panel(
            "Does the collector reach Kafka?",
            says="1 while its entries go to disk since Kafka does not take them.",
            good="0.",
            otherwise="see the brokers; nothing is lost while the disk has room: see Spool in Doors and deliveries.",
            unit="none",
            queries=[Query(total("leadscore_collector_spooling", "instance", of="max"), "{{instance}}")],
            bound=Bound(1),
            top=1,
            decimals=0,
        ),
        Panel(
            "How large are the collector's batches?",
            says="p50 and p99.",
            good="grows with the load.",
            otherwise="near 1 under high load: clients send singly; ask them for batches, which are cheaper.",
            unit="none",
            queries=percentiles("leadscore_collector_round_records"),
        ),
    ],
)

_MACHINE = Row(
    "The machine",
    [
        Panel(
            "Memory",
            says="Resident memory by process.",
            good="flat over days, and under 90 % of its limit, see the panel beside it.",
            otherwise="more contacts need more of it: share them out among more workers.",
            unit="bytes",
            queries=[Query(total("process_resident_memory_bytes", "job, instance"), "{{job}} {{instance}}")],
            width=6,
        ),
        Panel(
            "How near is each to its memory limit?",
            says="Of the limit of its container.",
            good="under 90 %.",
            otherwise=(
                "give it more or share the load: out of memory it is killed. Without a limit: of none, and nothing is"
                " shown."
            ),
            unit="percentunit",
            queries=[
                Query(
                    f"{chosen('process_resident_memory_bytes')} / "
                    f"on (job, instance) {chosen('leadscore_memory_limit_bytes')}",
                    "{{job}} {{instance}}",
                )
            ],
            width=6,
            bound=Bound(objectives.MEMORY_SHARE),
            top=1,
        ),
        Panel(
            "How much of the disk is free?",
            says="Of the disk with the data folder, by process.",
            good="over 10 %.",
            otherwise="make room: a collector without disk answers 503 while Kafka is away.",
            unit="percentunit",
            queries=[
                Query(
                    f"{chosen('leadscore_data_folder_free_bytes')} / {chosen('leadscore_data_folder_size_bytes')}",
                    "{{job}} {{instance}}",
                )
            ],
            width=6,
            bound=Bound(objectives.DATA_FOLDER_FREE_SHARE, below=True),
            top=1,
        ),
        Panel(
            "Clock: how far is it from the broker's?",
            says="The broker's clock less ours, by worker.",
            good="within 1 s either way; from 2 s on workers do not start.",
            otherwise="mend time synchronization: scores that fade are announced too early or too late.",
            unit="s",
            queries=[Query(f"abs({total('leadscore_clock_skew_seconds', 'instance', of='max')})", "{{instance}}")],
            width=6,
            bound=Bound(objectives.CLOCK_SKEW_SECONDS),
        ),
        Panel(
            "How many cores does each process use?",
            says="Seconds of processor time a second.",
            good="under 0.8 of a worker, which uses one core.",
            otherwise="start another worker or collector.",
            unit="none",
            queries=[Query(rate("process_cpu_seconds_total", "job, instance"), "{{job}} {{instance}}")],
        ),
        Panel(
            "How near is each to its limit of open files?",
            says="Open files and connections, of as many as it may open.",
            good="under 50 %, and flat.",
            otherwise="raise the limit (`ulimit -n`); rising for days is a fault to report.",
            unit="percentunit",
            queries=[
                Query(
                    f"{chosen('process_open_fds')} / {chosen('process_max_fds')}",
                    "{{job}} {{instance}}",
                )
            ],
            bound=Bound(0.8),
            top=1,
        ),
        Panel(
            "Which processes start again and again?",
            says="Starts in the last hour, by process.",
            good="0, but for upgrades.",
            otherwise="the end of its log before the start says why it ended; out of memory is in the kernel's.",
            unit="none",
            queries=[
                Query(
                    f"sum by (job, instance) (changes({chosen('process_start_time_seconds')}[1h]))",
                    "{{job}} {{instance}}",
                )
            ],
            bound=Bound(3),
            decimals=0,
        ),
    ],
)

BOARD = Board(
    "leadscore-stuck",
    "Where is it stuck?",
    "Partition, rebalance, recovery, event loop, producer or machine: what holds it up.",
    [PARTITIONS, GROUP, _TIME, _KAFKA, _MACHINE],
)
