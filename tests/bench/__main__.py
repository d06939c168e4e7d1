"""Run one benchmark, or all of them, on a database made for it."""

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Iterator

from tests.bench.figures import Figure, print_json, print_table
from tests.bench.server import make_database

JOBS = {
    "drain": 20_000,
    "enqueue": 100_000,
    "pickup": 400,
    "io": 3_000,
    "claim": 10_000_000,
    "pages": 5_000_000,
    "footprint": 20_000,
    "memory": 100_000,
    "peers": 20_000,
    "taxonomy": 100_000,
}
"""Every benchmark by its module's name, with how many jobs it takes unless told."""

HELP = """\
All run on a database of their own, on a durable server, and leave nothing behind. The millions of rows of
`claim` and `pages` take some gigabytes and minutes: fewer by --jobs. `peers` makes an environment for each
other queue with pip, outside the checkout, and keeps it; one that cannot be had is named on standard error.
`all` leaves `peers` out unless --peers is given.
"""


def main(arguments: list[str]) -> int:
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__, epilog=HELP)
    parser.add_argument("name", choices=[*JOBS, "all"])
    parser.add_argument("--jobs", type=int, help="how many jobs; each benchmark has its own default")
    parser.add_argument("--workers", type=int, default=2, help="how many worker processes (default 2)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    parser.add_argument("--peers", action="store_true", help="with `all`: measure the other queues too")
    options = parser.parse_args(arguments)
    if (options.jobs is not None and options.jobs < 1) or options.workers < 1:
        parser.error("--jobs and --workers must be at least 1")
    everything = [name for name in JOBS if options.peers or name != "peers"]
    names = everything if options.name == "all" else [options.name]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was made is cleared away
    with make_database():
        prepare()
        (print_json if options.json else print_table)(
            measure(names, jobs=options.jobs, workers=options.workers)
        )
    return 0


def prepare() -> None:
    """Load the project and make its tables."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def measure(names: list[str], *, jobs: int | None, workers: int) -> Iterator[Figure]:
    """Run benchmarks one after the other, each on emptied tables."""
    from django.db import connection

    from tests.bench.rounds import clear

    try:
        for name in names:
            clear()
            module = importlib.import_module(f"tests.bench.{name}")
            yield from module.measure(jobs=jobs or JOBS[name], workers=workers)
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
