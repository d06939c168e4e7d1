"""Stamps: when a handler began, told to the process that enqueued its job, on one host's one clock.

A datagram costs the handler some microseconds, and no part of the queue is asked for it.
"""

import socket
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STAMP = struct.Struct("=qd")
WITHIN_SECONDS = 30.0

_sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


class NeverBegan(SystemExit):
    """A job's handler was not entered in time."""


def now() -> float:
    """Return seconds of the clock that all processes of a host share."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def send(address: str, number: int) -> None:
    """Tell whoever listens there that job `number` begins now."""
    stamp = now()
    _sender.sendto(STAMP.pack(number, stamp), address)


class Inbox:
    """Where stamps arrive."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(WITHIN_SECONDS)

    def receive(self, number: int) -> float:
        """Return when job `number` began; raise NeverBegan when it does not begin in time."""
        try:
            while (found := STAMP.unpack(self.socket.recv(STAMP.size)))[0] != number:
                continue
        except TimeoutError:
            raise NeverBegan(f"job {number} did not begin within {WITHIN_SECONDS:g} s") from None
        return float(found[1])


@contextmanager
def listen() -> Iterator[Inbox]:
    """Open an inbox in a directory of its own; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        inbox = Inbox(str(Path(directory) / "stamps"))
        try:
            yield inbox
        finally:
            inbox.socket.close()
