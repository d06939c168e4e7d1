"""A database of a benchmark's own: made on a durable private server, dropped at the end."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from queueproject import postgres
from tests.bench import sql


class NotDurable(SystemExit):
    """The server may lose what it committed: its figures would flatter."""


@contextmanager
def make_database() -> Iterator[str]:
    """Create an empty database, name it in `DATABASE_URL`, and drop it at the end."""
    server = os.environ.get("DATABASE_URL") or postgres.use("durable")
    name = f"queueproject_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        _refuse_fast(connection)
        connection.execute(SQL(sql.text("create_database")).format(Identifier(name)))
        try:
            os.environ["DATABASE_URL"] = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
            yield os.environ["DATABASE_URL"]
        finally:
            connection.execute(SQL(sql.text("drop_database")).format(Identifier(name)))


@contextmanager
def another_database(name: str) -> Iterator[str]:
    """Create an empty database beside the benchmark's own, and drop it at the end; yield its URL."""
    mine = urlsplit(os.environ["DATABASE_URL"])
    path = f"{mine.path}_{name}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(SQL(sql.text("create_database")).format(Identifier(path[1:])))
        try:
            yield urlunsplit(mine._replace(path=path))
        finally:
            connection.execute(SQL(sql.text("drop_database")).format(Identifier(path[1:])))


def _refuse_fast(connection: psycopg.Connection) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        if _show(connection, setting) == "off":
            raise NotDurable(f"{setting} is off on this server; a benchmark needs a durable one.")


def _show(connection: psycopg.Connection, setting: str) -> str:
    row = connection.execute(sql.text("show_setting"), {"setting": setting}).fetchone()
    return str(row[0]) if row else ""
