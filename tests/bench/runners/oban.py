"""oban, by the docstrings of its `Oban`, `Producer` and `enqueue_many`.

- a queue limit of 500, so that one fetch brings many jobs of no length
- a pool as large as its default of ten; leadership and notifier as they come
- `enqueue_many`, one statement for many jobs
"""

import asyncio
import signal
from importlib import import_module
from typing import Any

from tests.bench import stamps
from tests.bench.runners.protocol import Loop, run, text, url

LIMIT = 500
QUEUE = "bench"


async def noop(self: Any, job: Any) -> None:
    return None


async def send_stamp(self: Any, job: Any) -> None:
    stamps.send(job.args["address"], job.args["number"])


class Oban:
    """Its client and its worker."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.package: Any = import_module("oban")
        worker = self.package.worker
        self.noop: Any = worker(queue=QUEUE)(type("Noop", (), {"process": noop}))
        self.send_stamp: Any = worker(queue=QUEUE)(type("SendStamp", (), {"process": send_stamp}))
        self.pool: Any = None
        self.client: Any = None

    async def _open(self) -> Any:
        if self.client is None:
            self.pool = await self.package.Oban.create_pool(url())
            self.client = self.package.Oban(pool=self.pool)
        return self.client

    def setup(self) -> None:
        async def install() -> None:
            await self._open()
            await import_module("oban.schema").install(self.pool)

        self.loop.run(install())

    def work(self) -> None:
        async def serve() -> None:
            pool = await self.package.Oban.create_pool(url())
            end = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
            async with self.package.Oban(pool=pool, queues={QUEUE: LIMIT}):
                await end.wait()
            await pool.close()

        asyncio.run(serve())

    def enqueue(self, jobs: int) -> None:
        made = [self.noop.new({"n": n}) for n in range(jobs)]

        async def put() -> None:
            client = await self._open()
            await client.enqueue_many(made)

        self.loop.run(put())

    def enqueue_stamped(self, number: int, address: str) -> None:
        async def put() -> None:
            client = await self._open()
            await client.enqueue(self.send_stamp.new({"number": number, "address": address}))

        self.loop.run(put())

    def is_empty(self) -> bool:
        async def look() -> bool:
            await self._open()
            async with self.pool.connection() as connection:
                cursor = await connection.execute(text("oban_any"))
                return not (await cursor.fetchone())[0]

        return bool(self.loop.run(look()))

    def clear(self) -> None:
        async def forget() -> None:
            await self._open()
            async with self.pool.connection() as connection:
                await connection.execute(text("oban_clear"))

        self.loop.run(forget())


if __name__ == "__main__":
    run(Oban())
