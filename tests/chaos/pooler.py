"""A PgBouncer of a test's own, in transaction mode; skipped aloud where none is installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest

from tests.processes import wait_for

# What the queue's sessions ask for when they connect, a pooler leaves out: so every one of its own says it.
SESSION = (
    "SET lock_timeout = 800; SET statement_timeout = 30000; SET idle_in_transaction_session_timeout = 6000"
)
CONFIGURATION = """\
[databases]
* = host={sockets} port=5432 user=postgres connect_query='{session}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 200
default_pool_size = 12
ignore_startup_parameters = extra_float_digits,options
logfile = {directory}/pgbouncer.log
"""


@contextmanager
def run_pooler(url: str) -> Iterator[str]:
    """Run a pooler before the server a URL names; yield the URL that goes through it."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("no pgbouncer on PATH: what needs a pooler in transaction mode was not tested")
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as name:
        directory, port = Path(name), _free_port()
        configuration = directory / "pgbouncer.ini"
        configuration.write_text(
            CONFIGURATION.format(
                sockets=parse_qs(urlsplit(url).query)["host"][0],
                session=SESSION,
                port=port,
                directory=directory,
            )
        )
        user = _unprivileged(directory)
        process = subprocess.Popen(
            [program, "-q", configuration], user=user, group=user, stdin=subprocess.DEVNULL
        )
        try:
            wait_for(lambda: _answers(port), seconds=10, what="the pooler")
            yield urlunsplit(urlsplit(url)._replace(netloc=f"postgres@127.0.0.1:{port}", query=""))
        finally:
            process.terminate()
            process.wait(10)


def _unprivileged(directory: Path) -> int | None:
    """Return whom the pooler runs as when we are root, whom it refuses: the user of the database server."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody")
    for each in (directory, *directory.iterdir()):
        os.chown(each, user.pw_uid, user.pw_gid)
    return user.pw_uid


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
