"""Pages: how long ten operators wait for one beside millions of jobs, each looking every two seconds.

A real gunicorn serves them, as README has it. A drain's claims are timed too, with the viewers and without.
"""

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import requests
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from queueproject.queue import workers
from queueproject.queue.models import Batch, Worker
from tests.bench.claim import WARM_UP_CLAIMS, Drain, time_claim
from tests.bench.cluster import ROOT
from tests.bench.figures import Figure, percentile
from tests.bench.rows import load, refuse_full_disk, start_batch

BAR_MILLISECONDS = 200.0
VIEWERS = 10
EVERY_SECONDS = 2.0
TURNS = 12
CLAIMS = 200
WITHIN_SECONDS = 60.0
REFRESH = {"HX-Request": "true"}

Waits = dict[str, list[float]]


def measure(*, jobs: int, workers: int) -> Iterator[Figure]:
    """Hold each page's 95th percentile against what people take for at once; tell what a claim took."""
    refuse_full_disk(jobs)
    start_batch()
    load("mixed", jobs)
    claims, turns = max(1, min(CLAIMS, jobs // 100)), max(1, min(TURNS, jobs // 1000))
    alone = time_claims(claims)
    with run_server() as root:
        waits, beside = view(root, turns=turns, claims=claims)
    for name, found in waits.items():
        yield Figure(f"pages_{name}", percentile(found, 95), "ms", BAR_MILLISECONDS, bar=1, at_most=True)
    yield Figure("pages_claim", median(beside), "ms", median(alone), at_most=True)


def urls() -> dict[str, tuple[str, dict[str, str]]]:
    """Return the pages by name: those that refresh themselves, and lists that people open."""
    batch = Batch.objects.latest("pk").pk
    jobs = reverse("admin:queue_job_changelist")
    return {
        "dashboard": (reverse("console:dashboard"), REFRESH),
        "activity": (reverse("console:activity"), REFRESH),
        "failures": (reverse("console:failures"), REFRESH),
        "batch": (reverse("console:batch", args=[batch]), REFRESH),
        "health": (reverse("console:health"), REFRESH),
        "provider": (reverse("console:provider", args=["local"]), REFRESH),
        "jobs": (jobs, {}),
        "failed_jobs": (f"{jobs}?state=failed", {}),
    }


def view(root: str, *, turns: int, claims: int) -> tuple[Waits, list[float]]:
    """Let viewers look for a while; return the milliseconds of every page, and of claims made meanwhile."""
    pages, cookie = urls(), log_in()
    rota = list(pages.items())
    waits: Waits = {name: [] for name in pages}
    faults: list[str] = []

    def look(number: int) -> None:
        session = requests.Session()
        session.cookies.set(settings.SESSION_COOKIE_NAME, cookie)
        for turn in range(turns):
            time.sleep(random.uniform(0.5, 1.5) * EVERY_SECONDS)
            name, (path, headers) = rota[(turn + number) % len(rota)]
            began = time.perf_counter()
            answer = session.get(root + path, headers=headers, timeout=WITHIN_SECONDS, allow_redirects=False)
            waits[name].append((time.perf_counter() - began) * 1000)
            if answer.status_code != 200:
                faults.append(f"{path}: {answer.status_code}")

    warm_up(root, cookie)
    viewers = [threading.Thread(target=look, args=(number,)) for number in range(VIEWERS)]
    for viewer in viewers:
        viewer.start()
    beside = time_claims(claims)
    for viewer in viewers:
        viewer.join()
    if faults:
        raise SystemExit(f"not every page was there: {faults[0]}")
    return waits, beside


def warm_up(root: str, cookie: str) -> None:
    """Look at every page once, so that each thread of the server has loaded what it needs."""
    for path, headers in urls().values():
        for _ in range(2):
            requests.get(
                root + path,
                headers=headers,
                cookies={settings.SESSION_COOKIE_NAME: cookie},
                timeout=WITHIN_SECONDS,
            )


def time_claims(claims: int) -> list[float]:
    drain = Drain(workers.register(role=Worker.DRAIN).pk)
    for _ in range(WARM_UP_CLAIMS):
        time_claim(drain)
    found = []
    for _ in range(claims):
        found.append(time_claim(drain))
        time.sleep(0.02)
    workers.sign_off(drain.worker, reason="measured")
    return found


def log_in() -> str:
    """Make somebody who may see everything; return the cookie of their session."""
    client = Client()
    client.force_login(
        get_user_model().objects.create_superuser("viewer", password=None),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@contextmanager
def run_server() -> Iterator[str]:
    """Serve the project over loopback until the block ends; yield its address."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{found.getsockname()[1]}"
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "queueproject.wsgi", "--bind", address),
            *("--worker-class", "gthread", "--threads", "8", "--log-level", "error"),
        ],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.bench.settings", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
    )
    try:
        wait_until_live(server, f"http://{address}/healthz/live")
        yield f"http://{address}"
    finally:
        server.terminate()
        server.wait(WITHIN_SECONDS)


def wait_until_live(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while True:
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the server did not start")
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
