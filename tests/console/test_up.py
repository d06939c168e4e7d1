"""`manage.py up` serves everything on one machine, and takes all of it along when it stops."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from django.conf import settings

from queueproject import postgres

CHECKOUT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture
def database_url() -> Iterator[str]:
    """Make an empty database beside that of the tests, whose rows `up` must not touch."""
    postgres.ensure(settings.DATABASE_URL)
    name = f"test_up_{os.getpid()}"
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield re.sub(r"/\w+(\?|$)", rf"/{name}\1", settings.DATABASE_URL, count=1)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def start(database_url: str, port: int) -> subprocess.Popen[str]:
    """Start the command as a person would, output to a pipe."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "up", "--port", str(port), "--sandbox"],
        cwd=CHECKOUT,
        env=os.environ | {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "queueproject.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Return the output up to the line that has the text; the test's own timeout ends a wait in vain."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError("ended without: " + text + "\n" + "".join(lines))


def find_free_port() -> int:
    """Find a port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_up_serves_until_interrupted_and_leaves_nothing_behind(database_url: str) -> None:
    port = find_free_port()
    process = start(database_url, port)
    try:
        shown = read_until(process, "Ctrl-C stops everything")
        assert f"Serving http://localhost:{port}/" in shown
        assert re.search(r"Login: admin, password \S{16}", shown)
        with urllib.request.urlopen(f"http://localhost:{port}/admin/login/", timeout=10) as page:
            assert page.status == 200
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 3
        again = start(database_url, port)
        assert "Is another `make up` running?" in again.communicate(timeout=60)[0]
        assert again.returncode == 1
    finally:
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[0]
    assert process.returncode == 0, rest
    assert rest.endswith("Stopped.\n")
    assert time.monotonic() - began < 15
    _, alive = psutil.wait_procs(children, timeout=5)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []
