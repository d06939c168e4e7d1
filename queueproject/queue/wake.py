"""Waking drains: one NOTIFY a statement, naming the lane and the smallest rank that came.

Waking is only an optimisation: a drain that hears nothing looks by itself every two seconds.
"""

import time
from dataclasses import dataclass

import psycopg
import structlog
from django.db import connection

from queueproject.queue import sql

log = structlog.get_logger(__name__)

TRY_AGAIN_SECONDS = 5.0


@dataclass(frozen=True)
class Wake:
    """What a drain heard: a lane with work, from a rank on."""

    lane: str
    sort_key: float


def tell(lane: str, *, sort_key: float) -> None:
    """Wake drains at commit: this lane has work from this rank on."""
    sql.rows("notify", message=write(lane, sort_key=sort_key))


def write(lane: str, *, sort_key: float) -> str:
    """Return the message that `parse` reads."""
    return f"{lane} {sort_key!r}"


def parse(message: str) -> Wake | None:
    lane, _, key = message.rpartition(" ")
    try:
        return Wake(lane, float(key))
    except ValueError:
        return None


class Listener:
    """A connection of its own that hears wakes; opened after the fork, reopened when it breaks."""

    def __init__(self) -> None:
        self._connection: psycopg.Connection | None = None
        self._next_try = 0.0

    def open(self) -> None:
        """Listen from now on; where that cannot be had, try again later: deaf, a drain is only slower."""
        if time.monotonic() < self._next_try:
            return
        params = {
            key: value
            for key, value in connection.get_connection_params().items()
            if key not in {"cursor_factory", "context", "prepare_threshold"}
        }
        try:
            self._connection = psycopg.connect(**params, autocommit=True)
            self._connection.execute(sql.text("listen"))
        except psycopg.Error as error:
            log.warning("not_listening", error=str(error).strip())
            self.close()
            self._next_try = time.monotonic() + TRY_AGAIN_SECONDS

    def fileno(self) -> int:
        return -1 if self._connection is None or self._connection.closed else self._connection.fileno()

    def hear(self) -> list[Wake]:
        """Return what was heard since the last time; nothing when the connection broke: it is opened anew."""
        if self._connection is None:
            return []
        try:
            heard = [parse(notice.payload) for notice in self._connection.notifies(timeout=0)]
        except psycopg.Error:
            self.close()
            return []
        return [wake for wake in heard if wake]

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
