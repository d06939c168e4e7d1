"""A Postgres server of the chaos tests' own: they restart it, and it keeps what it committed.

Each test gets a fresh database from a migrated template, and its own process is turned to it.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import environ
import psycopg
from django.db import connections
from psycopg.sql import SQL, Identifier

from queueproject import postgres
from tests.chaos import sql
from tests.processes import ROOT, environment

SETTINGS = "tests.chaos.settings"
TEMPLATE = "chaos_template"


class ChaosServer(postgres.Server):
    """A durable server: what it said was committed is there after a restart."""

    def __init__(self) -> None:
        super().__init__("durable")
        self.home = postgres.state_directory() / f"chaos-{os.getpid()}"
        self.data = self.home / "data"
        self.sockets = self.data
        self._made = 0

    def prepare(self) -> None:
        """Start it and make the migrated template."""
        with self.locked():
            self.start()
        self._run("create_database", name=TEMPLATE, template="template0")
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--run-syncdb", "--verbosity", "0"],
            cwd=ROOT,
            env={**environment(settings=SETTINGS), "DATABASE_URL": self.url_of(TEMPLATE)},
            check=True,
            timeout=120,
        )

    def restart(self, *, away_seconds: float = 0) -> None:
        """Restart it as after a crash: every connection is cut, the log is replayed."""
        options = ("-D", str(self.data), "-m", "immediate", "-w", "-t", "60")
        if not away_seconds:
            stopped = self._tool("pg_ctl", *options, "restart")
        else:
            stopped = self._tool("pg_ctl", *options, "stop")
            time.sleep(away_seconds)
            with self.locked():
                self.start()
        if stopped != 0:
            raise AssertionError(f"Postgres did not restart; its reason is in {self.home}/tools.log")

    def url_of(self, database: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make a fresh database, turn this process to it, and drop it at the end."""
        self._made += 1
        name = f"chaos_{self._made}"
        self._run("create_database", name=name, template=TEMPLATE)
        try:
            with turn_to(self.url_of(name)):
                yield self.url_of(name)
        finally:
            self._run("drop_database", name=name)

    def remove(self) -> None:
        """Stop it and leave nothing behind."""
        if not self.home.exists():
            return
        with self.locked():
            self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, statement: str, **names: str) -> None:
        identifiers = {key: Identifier(name) for key, name in names.items()}
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(SQL(sql.text(statement)).format(**identifiers))


@contextmanager
def turn_to(url: str) -> Iterator[None]:
    """Let this process's ORM work on another database meanwhile."""
    wrapper, settings = connections["default"], connections.settings["default"]
    connections.settings["default"] = {**settings, **environ.Env.db_url_config(url)}
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = settings
        connections["default"] = wrapper
