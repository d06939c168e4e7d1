"""Serve everything on one machine: the admin and the workers, until Ctrl-C."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

START_SECONDS = 60
STOP_SECONDS = 30


class Command(BaseCommand):
    help = (
        "Migrate, make a login if there is none, and serve the admin (gunicorn) and the workers (qcluster) "
        "until Ctrl-C. For a first look and for one machine; larger ones start the two by themselves."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
        parser.add_argument(
            "--sandbox", action="store_true", help="also run a stand-in of Gemini on this machine and use it"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Prepare, serve, and stop what was started."""
        host, port = options["host"], options["port"]
        refuse_taken_port(host, port)
        call_command("migrate", interactive=False, verbosity=0)
        if settings.PRODUCTION:
            call_command("collectstatic", interactive=False, verbosity=0)
        login = make_login()
        stop = StopFlag()
        environment = os.environ.copy()
        commands = get_commands(host, port)
        if options["sandbox"]:
            sandbox_port = find_free_port()
            environment["GOOGLE_GEMINI_BASE_URL"] = f"http://127.0.0.1:{sandbox_port}/gemini/v1beta"
            environment["GEMINI_API_KEY"] = "sandbox-key"
            commands["sandbox"] = [*manage("run_sandbox"), "--port", str(sandbox_port)]
        url = f"http://{'localhost' if host == '127.0.0.1' else host}:{port}/"
        running: dict[str, subprocess.Popen[bytes]] = {}
        try:
            for name, command in commands.items():
                running[name] = start(command, environment)
            wait_until_served(host, port, running, stop)
            if not stop.asked:
                self.stdout.write(f"\nServing {url}\nLogin: {login}\nCtrl-C stops everything.\n")
                self.stdout.flush()  # a pipe would keep it until the end
            watch(running, stop)
        finally:
            self.stdout.write("\nStopping.")
            finish(running)
        self.stdout.write("Stopped.")


class StopFlag:
    """Set by SIGINT and SIGTERM, so that a stop never interrupts a step."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def refuse_taken_port(host: str, port: int) -> None:
    """Raise CommandError when somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            reason = (
                f"Cannot listen on {host}:{port} ({error}). Is another `make up` running? Else choose one: "
            )
            raise CommandError(f'{reason}make up ARGS="--port {port + 1}"') from error


def find_free_port() -> int:
    """Find a port on loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_login() -> str:
    """Make a superuser with a random password when there is none; return what to tell the person."""
    existing = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if existing is not None:
        return (
            f"{existing.username} (made earlier; a new password: "
            f".venv/bin/python manage.py changepassword {existing.username})"
        )
    password = secrets.token_urlsafe(12)
    User.objects.create_superuser("admin", password=password)
    return f"admin, password {password}"


def manage(command: str) -> list[str]:
    """Return the arguments that run a management command."""
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), command]


def get_commands(host: str, port: int) -> dict[str, list[str]]:
    """Return the processes of one machine by name."""
    web = [
        sys.executable,
        "-m",
        "gunicorn",
        "queueproject.wsgi",
        "--bind",
        f"{host}:{port}",
        "--threads",
        "8",
    ]
    web += ["--worker-class", "gthread", "--graceful-timeout", "5", "--log-level", "warning"]
    return {"web": web, "workers": manage("qcluster")}


def start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that Ctrl-C reaches only us and we stop it properly."""
    return subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, process_group=0)


def finish(running: dict[str, subprocess.Popen[bytes]]) -> None:
    """Tell every process to stop, wait, and kill what does not."""
    for process in running.values():
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in running.values():
        try:
            process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def find_ended(running: dict[str, subprocess.Popen[bytes]]) -> str | None:
    """Find the name of a process that ended by itself."""
    return next((name for name, process in running.items() if process.poll() is not None), None)


def wait_until_served(
    host: str, port: int, running: dict[str, subprocess.Popen[bytes]], stop: StopFlag
) -> None:
    """Return when pages are served; raise CommandError when a process ended or it took too long."""
    deadline = time.monotonic() + START_SECONDS
    while not stop.asked:
        if ended := find_ended(running):
            raise CommandError(
                f"{ended} ended while starting, with code {running[ended].returncode}; see above."
            )
        if time.monotonic() > deadline:
            raise CommandError(f"No page was served within {START_SECONDS} s; see above.")
        try:
            urllib.request.urlopen(f"http://{host}:{port}/healthz/live", timeout=1).close()
        except urllib.error.HTTPError:
            return  # it answers, only not to this host name
        except OSError:
            time.sleep(0.1)
        else:
            return


def watch(running: dict[str, subprocess.Popen[bytes]], stop: StopFlag) -> None:
    """Return when asked to stop; raise CommandError when a process ended by itself."""
    while not stop.asked:
        if ended := find_ended(running):
            raise CommandError(f"{ended} ended by itself, with code {running[ended].returncode}; see above.")
        time.sleep(0.2)
