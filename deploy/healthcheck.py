"""The health check of the image: exit code 0 where the process in this container says that it lives.

A container holds one process, so the first of the four ports that answers is its own.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping

PORTS = {"METRICS": 6066, "COLLECTOR": 8000, "DELIVERY": 8090, "API": 8080}
TIMEOUT_SECONDS = 3.0


def lives(environment: Mapping[str, str]) -> bool:
    """Whether one of the ports of these settings answers /livez with 200."""
    ports = [int(environment.get(f"STREAMPROCESSOR_{name}_PORT") or usual) for name, usual in PORTS.items()]
    return any(answers(port) for port in ports)


def answers(port: int) -> bool:
    """Whether /livez is answered with 200 on this port of the loopback address."""
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as connection:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(not lives(os.environ))
