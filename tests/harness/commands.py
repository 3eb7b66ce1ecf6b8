"""Commands of ours for tests, run to their end on the system of a test."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import NamedTuple

from streamprocessor.settings import PREFIX
from tests.harness.system import ROOT, System


class CommandEnd(NamedTuple):
    """How a command ended: its exit code, its standard output, and what it complained of on standard error."""

    exit_code: int
    output: str
    complaint: str


async def run_command(system: System, *words: str) -> CommandEnd:
    """Run `streamprocessor WORDS` and return once it has ended."""
    settings = system.settings
    own = {
        "BOOTSTRAP": settings.bootstrap,
        "TOPIC_PREFIX": settings.topic_prefix,
        "APP_ID": settings.app_id,
        **({"PARTITIONS": str(settings.partitions)} if settings.partitions else {}),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "streamprocessor", *words),
        cwd=ROOT,
        env=os.environ | {f"{PREFIX}{name}": value for name, value in own.items()},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, complaint = await process.communicate()
    assert process.returncode is not None
    return CommandEnd(process.returncode, output.decode(), complaint.decode())
