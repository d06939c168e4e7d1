"""One scenario's own world: a database, a sandbox, two clusters of two slots; nothing is left of it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import requests
from psycopg.sql import SQL, Identifier

from tests.bench import sql
from tests.budgets.groups import NAME
from tests.budgets.scenarios import LATENCY_SECONDS, Scenario
from tests.processes import ROOT

SETTINGS = "tests.budgets.settings"
FAKETIME = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
)
STARTS_APART_SECONDS = 0.7
TRUE_SLEEP = Path(__file__).parent / "clock"
BOUND = str(Path(__file__).parent / "bound.py")


def find_faketime() -> str:
    """Return the library that sets a process's clock off; empty where there is none."""
    return next((path for path in FAKETIME if Path(path).exists()), "")


@contextmanager
def make_databases(server: str, names: list[str]) -> Iterator[dict[str, str]]:
    """Make databases, one migrated and the others its copies; drop them at the end."""
    urls = {name: urlunsplit(urlsplit(server)._replace(path=f"/{name}")) for name in names}
    with psycopg.connect(server, autocommit=True) as connection:
        try:
            template, *others = names
            connection.execute(SQL(sql.text("create_database")).format(Identifier(template)))
            _run("manage.py", "migrate", "--verbosity", "0", env=_environment(urls[template]))
            for name in others:
                copied = (Identifier(name), Identifier(template))
                connection.execute(SQL(sql.text("copy_database")).format(*copied))
            yield urls
        finally:
            for name in urls:
                connection.execute(SQL(sql.text("drop_database")).format(Identifier(name)))


class World:
    """A scenario's processes."""

    def __init__(self, scenario: Scenario, url: str, *, window_seconds: int, windows: int) -> None:
        self.scenario = scenario
        self.window_seconds = window_seconds
        self.windows = windows
        self.uncorrected = 0
        self.processes: list[subprocess.Popen[str]] = []
        self.env = _environment(url) | {"BUDGETS_ESTIMATE_FACTOR": str(scenario.estimate_factor)}

    def start(self) -> None:
        """Start the sandbox, enqueue more than can be done, then start the clusters one after the other."""
        limits = ["--calls-per-minute", str(self.scenario.calls)]
        if self.scenario.tokens:
            limits += ["--tokens-per-minute", str(self.scenario.tokens)]
        sandbox = self._spawn(
            *("manage.py", "run_sandbox", "--json", *limits),
            *("--window-seconds", str(self.window_seconds), "--latency-ms", str(LATENCY_SECONDS * 1000)),
            stdout=subprocess.PIPE,
        )
        assert sandbox.stdout
        self.env |= json.loads(sandbox.stdout.readline())
        jobs = self.scenario.most_calls * (self.windows + 2)
        numbers = (self.window_seconds, self.scenario.calls, self.scenario.tokens, jobs, *self.scenario.sizes)
        _run("-m", "tests.budgets.fill", *map(str, numbers), env=self.env)
        for clock in ("", self.scenario.clock):
            self._spawn("manage.py", "qcluster", "--slots", "2", clock=clock)
            time.sleep(STARTS_APART_SECONDS)

    def _spawn(self, *arguments: str, clock: str = "", stdout: int | None = None) -> subprocess.Popen[str]:
        env = self.env
        if clock:
            env = env | {
                "LD_PRELOAD": find_faketime(),
                "FAKETIME": clock,
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "PYTHONPATH": f"{TRUE_SLEEP}{os.pathsep}{ROOT}",
            }
        started = subprocess.Popen(
            [sys.executable, BOUND, *arguments],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            text=True,
            start_new_session=True,
        )
        self.processes.append(started)
        return started

    def report(self, *, with_log: bool = False) -> dict[str, Any]:
        """Return what the sandbox saw."""
        root = self.env["GOOGLE_GEMINI_BASE_URL"].removesuffix("/gemini/v1beta")
        answer = requests.get(f"{root}/_report", params={"log": int(with_log)}, timeout=30)
        found: dict[str, Any] = answer.json()["gemini"]
        return found

    def observe(self) -> None:
        """Count the calls that had leave before the first answer corrected estimates, while they are kept."""
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            (self.uncorrected,) = connection.execute(sql.text("count_uncorrected")).fetchone() or (0,)

    def ask_to_stop(self) -> None:
        """Tell the clusters to stop, and the sandbox last."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Stop all; what does not stop is killed with its children."""
        self.ask_to_stop()
        for process in self.processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
            if process.stdout:
                process.stdout.close()


@contextmanager
def run_worlds(
    scenarios: list[Scenario], server: str, *, window_seconds: int, windows: int
) -> Iterator[list[World]]:
    """Run scenarios side by side, each on its own database."""
    names = [f"{NAME}_{os.getpid()}_{number}" for number in range(len(scenarios))]
    with make_databases(server, names) as urls, ExitStack() as stack:
        worlds = []
        for scenario, url in zip(scenarios, urls.values(), strict=True):
            world = World(scenario, url, window_seconds=window_seconds, windows=windows)
            stack.callback(world.stop)
            world.start()
            worlds.append(world)
        yield worlds
        for world in worlds:
            world.ask_to_stop()


def _environment(url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "DEBUG": "1",
        "ENV_FILE": os.devnull,
        "LOG_LEVEL": "ERROR",
        "PYTHONPATH": str(ROOT),
    }


def _run(*arguments: str, env: dict[str, str]) -> None:
    subprocess.run([sys.executable, BOUND, *arguments], cwd=ROOT, env=env, check=True, timeout=300)
