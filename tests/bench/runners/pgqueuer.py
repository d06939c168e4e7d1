"""pgqueuer, by its performance guide (docs/guides/performance-tuning.md) and its own benchmark.

- the asyncpg driver, 1.7 times psycopg's throughput by its benchmarks page; uvloop, as its benchmark runs it
- a larger `batch_size`, as the guide asks for short jobs; of 100, 250, 500, 1,000 and 2,000, 500 was fastest
- a single connection for the worker, `pgq autovac` after the installation, durability left at `durable`
- one call with lists for many jobs
"""

import asyncio
import signal
from importlib import import_module
from typing import Any

from tests.bench import stamps
from tests.bench.runners.protocol import Loop, run, text, url

BATCH_SIZE = 500


async def noop(job: Any) -> None:
    return None


async def send_stamp(job: Any) -> None:
    number, address = job.payload.decode().split(" ")
    stamps.send(address, int(number))


class Pgqueuer:
    """Its client and its worker."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.connection: Any = None
        self.queries: Any = None

    async def _connect(self) -> Any:
        if self.connection is None:
            self.connection = await import_module("asyncpg").connect(dsn=url())
            driver = import_module("pgqueuer.db").AsyncpgDriver(self.connection)
            self.queries = import_module("pgqueuer.queries").Queries(driver)
        return self.queries

    def setup(self) -> None:
        async def install() -> None:
            queries = await self._connect()
            await queries.install()
            await queries.optimize_autovacuum()

        self.loop.run(install())

    def work(self) -> None:
        async def serve() -> None:
            connection = await import_module("asyncpg").connect(dsn=url())
            queue = import_module("pgqueuer").PgQueuer.from_asyncpg_connection(connection)
            queue.entrypoint("noop")(noop)
            queue.entrypoint("send_stamp")(send_stamp)
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, queue.shutdown.set)
            await queue.run(batch_size=BATCH_SIZE)

        import_module("uvloop").run(serve())

    def enqueue(self, jobs: int) -> None:
        async def put() -> None:
            queries = await self._connect()
            await queries.enqueue(["noop"] * jobs, [b"%d" % n for n in range(jobs)], [0] * jobs)

        self.loop.run(put())

    def enqueue_stamped(self, number: int, address: str) -> None:
        async def put() -> None:
            queries = await self._connect()
            await queries.enqueue("send_stamp", f"{number} {address}".encode(), 0)

        self.loop.run(put())

    def is_empty(self) -> bool:
        async def look() -> bool:
            await self._connect()
            return not await self.connection.fetchval(text("pgqueuer_any"))

        return bool(self.loop.run(look()))

    def clear(self) -> None:
        async def forget() -> None:
            await self._connect()
            await self.connection.execute(text("pgqueuer_clear"))

        self.loop.run(forget())


if __name__ == "__main__":
    run(Pgqueuer())
