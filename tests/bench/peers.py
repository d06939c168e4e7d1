"""Peers: the same work for other queues, on the same server, in turns; ours is held against the best.

Each runs by its own documented best settings (see `runners`) in an environment of its own, which the first
run makes outside the checkout. One that cannot be had or fails is named on standard error, with its reason.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.bench import sql, stamps
from tests.bench.contenders import Contender, Ours, Peer
from tests.bench.environments import LeftOut, Requirements, find_or_make
from tests.bench.figures import Figure, percentile
from tests.bench.pickup import P50_MILLISECONDS, P95_MILLISECONDS, REST_SECONDS
from tests.bench.server import another_database

PEERS = {
    "pgqueuer": Requirements(("pgqueuer==1.6.0", "asyncpg==0.32.0", "uvloop==0.23.0")),
    "procrastinate": Requirements(("procrastinate==3.10.0", "psycopg[binary,pool]==3.3.9")),
    "chancy": Requirements(("chancy==0.26.0", "psycopg[binary,pool]==3.3.9")),
    "oban": Requirements(("oban==0.7.0", "psycopg[binary,pool]==3.3.9"), python=(3, 12)),
    "django_q2": Requirements(("django-q2==1.11.1", "django==5.2.19", "psycopg[binary]==3.3.9")),
    "django_tasks_db": Requirements(
        ("django-tasks-db==0.13.0", "django-tasks==0.12.0", "django==5.2.19", "psycopg[binary]==3.3.9")
    ),
    "celery": Requirements(("celery[redis]==5.7.0",)),
}
ROUNDS = 5
SAMPLES = 30
WARM_UP_JOBS = 300
A_DRAIN_SECONDS = 3.0
DRAIN_BAR = 1.2
PICKUP_BAR = 1.5
REDIS_WITHIN_SECONDS = 10.0
REDIS_OPTIONS = ("--appendonly", "yes", "--save", "")


@dataclass
class Record:
    """What a queue did so far: the best rates, and every pick-up."""

    enqueued: float = 0.0
    drained: float = 0.0
    milliseconds: list[float] = field(default_factory=list)

    def pickup(self, percent: float) -> float:
        return percentile(self.milliseconds, percent)


def measure(*, jobs: int, workers: int) -> Iterator[Figure]:
    """Let all take turns; hold our drain, pick-up and enqueue against the best of the others."""
    with (
        ExitStack() as stack,
        psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection,
        stamps.listen() as inbox,
    ):
        contenders: list[Contender] = [Ours(connection), *start_peers(stack, inbox)]
        records = {contender.name: Record() for contender in contenders}
        for _ in range(ROUNDS):
            for contender in contenders:
                if contender.name in records:
                    connection.execute(sql.text("checkpoint"))
                    take_turn(contender, records, inbox, jobs=jobs, workers=workers)
    ours = records.pop(Ours.name)
    if not records:
        raise SystemExit("no other queue could be measured: there is nothing to be held against")
    yield from figures(ours, records)


def start_peers(stack: ExitStack, inbox: stamps.Inbox) -> Iterator[Peer]:
    """Make environment, database and client of every peer that can be had."""
    for name, needs in PEERS.items():
        try:
            with ExitStack() as own:
                python = find_or_make(name, needs)
                url = own.enter_context(run_redis() if name == "celery" else another_database(name))
                peer = Peer(name, python=python, url=url, inbox=inbox)
                own.callback(peer.close)
                peer.clear()
                stack.push(own.pop_all())
            yield peer
        except (LeftOut, subprocess.TimeoutExpired) as reason:
            say_left_out(name, reason)


def say_left_out(name: str, reason: Exception) -> None:
    sys.stderr.write(f"left out: {name}: {reason}\n")
    sys.stderr.flush()


def take_turn(
    contender: Contender, records: dict[str, Record], inbox: stamps.Inbox, *, jobs: int, workers: int
) -> None:
    """Enqueue with nobody at work, pick up with one worker, drain with all; who fails is out."""
    record = records[contender.name]
    try:
        contender.clear()
        record.enqueued = max(record.enqueued, jobs / contender.enqueue(jobs))
        contender.clear()
        with contender.run_workers(1):
            for number in range(SAMPLES):
                time.sleep(random.uniform(*REST_SECONDS))
                record.milliseconds.append(contender.stamp(number, inbox))
        contender.clear()
        with contender.run_workers(workers):
            count = fit(jobs, contender.drain(min(WARM_UP_JOBS, jobs)))
            record.drained = max(record.drained, count / contender.drain(count))
    except (LeftOut, stamps.NeverBegan, subprocess.TimeoutExpired) as reason:
        if contender.name == Ours.name:
            raise
        del records[contender.name]
        say_left_out(contender.name, LeftOut(str(reason)))


def fit(jobs: int, warm_up_seconds: float) -> int:
    """Return how many jobs a queue gets for a drain of some seconds: a slow one fewer."""
    few = min(WARM_UP_JOBS, jobs)
    return max(few, min(jobs, int(few * A_DRAIN_SECONDS / warm_up_seconds)))


def figures(ours: Record, peers: dict[str, Record]) -> Iterator[Figure]:
    """Hold ours against the best of each; then tell what every other did, held against ours.

    A pick-up may take half as long again as the best, or what `pickup` allows, whichever is more.
    """
    best_drain = max(record.drained for record in peers.values())
    yield Figure("peers_drain", ours.drained, "jobs/s", best_drain, bar=DRAIN_BAR)
    for percent, allowed in ((50, P50_MILLISECONDS), (95, P95_MILLISECONDS)):
        best = min(record.pickup(percent) for record in peers.values())
        reference = max(best, allowed / PICKUP_BAR)
        yield Figure(
            f"peers_pickup_p{percent}", ours.pickup(percent), "ms", reference, bar=PICKUP_BAR, at_most=True
        )
    best_enqueue = max(record.enqueued for record in peers.values())
    yield Figure("peers_enqueue", ours.enqueued, "jobs/s", best_enqueue)
    for name, record in peers.items():
        yield Figure(f"peers_drain_{name}", record.drained, "jobs/s", ours.drained)
        yield Figure(f"peers_enqueue_{name}", record.enqueued, "jobs/s", ours.enqueued)
        for percent in (50, 95):
            yield Figure(
                f"peers_pickup_p{percent}_{name}", record.pickup(percent), "ms", ours.pickup(percent)
            )


@contextmanager
def run_redis() -> Iterator[str]:
    """Run a Redis of our own that logs what it is told; raise LeftOut where there is none."""
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        raise LeftOut("no redis-server is on PATH")
    with tempfile.TemporaryDirectory(prefix="bench-redis-") as directory:
        socket = Path(directory) / "redis.sock"
        process = subprocess.Popen(
            [server, "--port", "0", "--unixsocket", str(socket), "--dir", directory, *REDIS_OPTIONS],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + REDIS_WITHIN_SECONDS
            while not socket.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise LeftOut(f"{server} did not start")
                time.sleep(0.05)
            yield f"redis+socket://{socket}"
        finally:
            process.terminate()
            process.wait(REDIS_WITHIN_SECONDS)
