"""Partitions: how far behind each is, who owns it, how it changes hands."""

from __future__ import annotations

from deploy.grafana.definitions import objectives
from deploy.grafana.definitions.panels import Bound, Panel, Query, Row, percentiles
from deploy.grafana.definitions.promql import (
    WORKER,
    chosen,
    increase,
    or_zero,
    rate,
    total,
    without_owner,
)

_WAITING = f"({total('leadscore_consumer_lag_records', 'topic, partition')} > 0)"
_STILL = f"(sum by (topic, partition) (changes({chosen('leadscore_committed_offset')}[5m])) == 0)"

PARTITIONS = Row(
    "Partitions",
    [
        Panel(
            "Which partitions are furthest behind?",
            says="The ten partitions with the most lag, now.",
            good="all under 60 s.",
            otherwise=(
                "one alone: a contact that does too much, or a worker that stands still; all alike: too few workers, "
                "or Kafka is slow."
            ),
            unit="s",
            queries=[
                Query(
                    f"topk(10, {total('leadscore_partition_lag_seconds', 'partition', of='max')})",
                    "partition {{partition}}",
                )
            ],
            look="ranking",
            bound=Bound(objectives.LAG_SECONDS, warning=10),
        ),
        Panel(
            "How does each partition's lag move?",
            says="Now less the partition's time.",
            good="flat, under 60 s.",
            otherwise="a line that rises by a second a second stands still: restart the worker that owns it.",
            unit="s",
            queries=[Query(total("leadscore_partition_lag_seconds", "partition", of="max"), "partition {{partition}}")],
            bound=Bound(objectives.LAG_SECONDS),
        ),
        Panel(
            "Where do records wait, by topic and partition?",
            says="The ten places with the most records not yet scored.",
            good="near 0.",
            otherwise="one topic alone: see who sends it; one partition alone: see the worker that owns it.",
            unit="none",
            queries=[
                Query(
                    f"topk(10, {total('leadscore_consumer_lag_records', 'topic, partition')})",
                    "{{topic}} {{partition}}",
                )
            ],
        ),
        Panel(
            "Who owns how many partitions?",
            says="Partitions by worker.",
            good="all workers alike, and no partition without an owner.",
            otherwise="a worker with none is a spare, or has just come; partitions without an owner: start workers.",
            unit="none",
            queries=[
                Query(f"sum by (instance) ({chosen('leadscore_partition_owned')})", "{{instance}}"),
                Query(without_owner(), "without an owner"),
            ],
            look="stacked",
            decimals=0,
        ),
        Panel(
            "Do commits stand still while records wait?",
            says="Partitions of topics with records to score whose committed offset has not moved for 5 minutes.",
            good="0.",
            otherwise="the worker that owns them hangs: its log says in which step; restart it.",
            unit="none",
            queries=[Query(or_zero(f"count({_WAITING} and {_STILL})", WORKER), "standing still")],
            bound=Bound(1),
            decimals=0,
        ),
        Panel(
            "Do commits move?",
            says="Offsets committed a second, by topic.",
            good="as much as comes.",
            otherwise="0 while records wait: see the panel before.",
            unit="recps",
            queries=[
                Query(f"sum by (topic) (rate({chosen('leadscore_committed_offset')}[$__rate_interval]))", "{{topic}}")
            ],
        ),
        Panel(
            "Are contacts spread evenly?",
            says="The ten partitions with the most contacts.",
            good="all alike, within a tenth.",
            otherwise="a producer places keys by another rule: see Records in wrong partitions.",
            unit="none",
            queries=[
                Query(
                    f"topk(10, {total('leadscore_table_contacts', 'partition', of='max')})", "partition {{partition}}"
                )
            ],
            look="ranking",
        ),
        Panel(
            "Records in wrong partitions",
            says="Records a second that had to be handed over to the partition of their contact.",
            good="0.",
            otherwise=(
                "set `partitioner=murmur2_random` in the producer of that topic; `streamprocessor topics repair` "
                "mends what is kept."
            ),
            unit="recps",
            queries=[Query(or_zero(rate("leadscore_events_misplaced_total", "topic"), WORKER, "topic"), "{{topic}}")],
            bound=Bound(0.001),
        ),
        Panel(
            "How large is the table?",
            says="Bytes of all contacts' records, by worker.",
            good="grows slowly.",
            otherwise="see Memory below: when it nears the limit, start another worker.",
            unit="bytes",
            queries=[Query(total("leadscore_table_bytes", "instance"), "{{instance}}")],
            look="stacked",
        ),
    ],
)

GROUP = Row(
    "Rebalances and recovery",
    [
        Panel(
            "How often does the group rebalance?",
            says="Rebalances in the last 30 minutes, by worker.",
            good="0, or a few while workers start or stop.",
            otherwise=(
                "above the line it is a storm: workers lose their session: see Event loop and Memory, and the brokers."
            ),
            unit="none",
            queries=[
                Query(increase("leadscore_rebalances_total", "30m", "instance"), "{{instance}}"),
                Query(f"4 + 3 * count({chosen('leadscore_partitions')})", "a storm"),
            ],
            width=6,
        ),
        Panel(
            "How long do rebalances take?",
            says="From partitions taken away to ready again, over the last hour.",
            good="a few seconds.",
            otherwise="the table to be recovered is large, or Kafka is slow.",
            unit="s",
            queries=percentiles("leadscore_rebalance_duration_seconds", window="1h"),
            width=6,
            bound=Bound(60),
        ),
        Panel(
            "How much is still to be recovered?",
            says="Changelog records that a worker must read before it scores.",
            good="0; after a start it falls steadily.",
            otherwise="flat above 0: the brokers do not deliver the changelog: see its topic.",
            unit="none",
            queries=[Query(total("leadscore_recovery_remaining_records", "instance"), "{{instance}}")],
            width=6,
        ),
        Panel(
            "How long did the last recovery take?",
            says="Seconds, by worker.",
            good="under 10 minutes.",
            otherwise="give workers a disk that stays, more of them, or check that the changelog is compacted.",
            unit="s",
            queries=[Query(total("leadscore_recovery_duration_seconds", "instance", of="max"), "{{instance}}")],
            width=6,
            bound=Bound(objectives.RECOVERY_SECONDS),
        ),
    ],
)
