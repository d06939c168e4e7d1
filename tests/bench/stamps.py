"""Stamps: when a handler began, told to the process that enqueued its job, on one host's one clock.

A datagram costs the handler some microseconds, and no part of the queue is asked for it.
"""

import atexit
import os
import socket
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

FORM = struct.Struct("=qdq")
WITHIN_SECONDS = 60.0


class Stamp(NamedTuple):
    """Job `number` began at that time, in the process `pid`."""

    number: int
    at: float
    pid: int


_sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
_sender.setblocking(False)
atexit.register(_sender.close)


class NeverBegan(SystemExit):
    """A job's handler was not entered in time."""


def now() -> float:
    """Return seconds of the clock that all processes of a host share."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


def send(address: str, number: int) -> None:
    """Tell whoever listens there that job `number` begins now."""
    stamp = now()
    with suppress(BlockingIOError):  # nobody waits for more than an inbox holds
        _sender.sendto(FORM.pack(number, stamp, os.getpid()), address)


class Inbox:
    """Where stamps arrive."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.settimeout(WITHIN_SECONDS)

    def receive(self, number: int) -> Stamp:
        """Return the stamp of job `number`; raise NeverBegan when it does not begin in time."""
        try:
            while (found := Stamp(*FORM.unpack(self.socket.recv(FORM.size)))).number != number:
                continue
        except TimeoutError:
            raise NeverBegan(f"job {number} did not begin within {WITHIN_SECONDS:g} s") from None
        return found

    def receive_all(self) -> list[Stamp]:
        """Return the stamps that have come and were not asked for."""
        found = []
        self.socket.setblocking(False)
        try:
            while True:
                found.append(Stamp(*FORM.unpack(self.socket.recv(FORM.size))))
        except BlockingIOError:
            return found
        finally:
            self.socket.settimeout(WITHIN_SECONDS)


@contextmanager
def listen() -> Iterator[Inbox]:
    """Open an inbox in a directory of its own; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        inbox = Inbox(str(Path(directory) / "stamps"))
        try:
            yield inbox
        finally:
            inbox.socket.close()
