"""Ports on this machine: is one free, which one is."""

import random
import socket

from streamprocessor.errors import BrokerError

HOST = "127.0.0.1"

_NEXT_PORTS = 100

# Below the range from which systems take ports for outgoing connections: a client that keeps trying to reach a stopped
# broker on a port of that range can end up connected to itself, and then holds the port.
_UNASSIGNED = range(15_000, 32_000)


def is_free(port: int) -> bool:
    """True when nothing listens on the port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def next_free(port: int) -> int:
    """The port itself, or the first free one after it; raises BrokerError when a hundred are in use."""
    for candidate in range(port, port + _NEXT_PORTS):
        if is_free(candidate):
            return candidate
    message = f"no port from {port} to {port + _NEXT_PORTS - 1} is free on {HOST}: end some of the programs there"
    raise BrokerError(message)


def any_free(*taken: int) -> int:
    """A free port, none of those already taken for something else."""
    for candidate in random.SystemRandom().sample(
        _UNASSIGNED, k=200
    ):  # of all who ask at once, also where chance is seeded
        if candidate not in taken and is_free(candidate):
            return candidate
    message = f"no port from {_UNASSIGNED.start} to {_UNASSIGNED.stop - 1} is free on {HOST}"
    raise BrokerError(message)
