import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.kafka

ENOUGH_SECONDS = 150.0


def start_demo(folder: Path, *words: str) -> subprocess.Popen[str]:
    settings = {"KAFKA_PORT": "0", "METRICS_PORT": "0", "COLLECTOR_PORT": "0", "PARTITIONS": "2"}
    settings |= {"API_PORT": "0", "DELIVERY_PORT": "0"}
    environment = os.environ | {f"STREAMPROCESSOR_{name}": value for name, value in settings.items()}
    command = [
        sys.executable,
        "-u",
        "-m",
        "streamprocessor",
        "demo",
        "--data-dir",
        str(folder),
        "--rate",
        "100",
        "--contacts",
        "200",
        *words,
    ]
    return subprocess.Popen(
        command,
        env=environment,
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.usefixtures("kafka_runtime")
@pytest.mark.parametrize(("words", "ended_by"), [(("--seconds", "5"), None), ((), signal.SIGTERM)])
def test_the_demo_ends_after_its_time_or_once_a_hot_lead_was_shown_when_told_to_and_leaves_no_process_behind(
    tmp_path: Path, words: tuple[str, ...], ended_by: signal.Signals | None
) -> None:
    lines: list[str] = []
    children: list[psutil.Process] = []
    with start_demo(tmp_path / "data", *words) as demo:
        watchdog = threading.Timer(ENOUGH_SECONDS, demo.kill)
        watchdog.start()
        try:
            assert demo.stdout is not None
            for line in demo.stdout:
                lines.append(line)
                if not children and sum(" is ready" in each for each in lines) == 4:  # worker, collector, delivery, api
                    children = psutil.Process(demo.pid).children(recursive=True)
                if line.startswith("HOT LEAD") and ended_by is not None:
                    demo.send_signal(ended_by)
                    ended_by = None
            assert demo.wait() == 0, "".join(lines)
            assert ended_by is None, "it ended before a hot lead was shown"
        finally:
            watchdog.cancel()
            demo.kill()

    assert len(children) == 5, "".join(lines)  # Kafka, worker, collector, delivery, api
    assert not [child for child in children if child.is_running()]
    assert "all ended" in lines[-1]
