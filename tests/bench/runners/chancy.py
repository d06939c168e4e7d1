"""chancy, by its guides on queues and executors and the documented attributes of Worker and Queue.

- the asyncio executor, "high concurrency without the overhead of processes", with a concurrency of 1,000
- `eager_polling`: look again as soon as a job completes, instead of after the polling interval
- `send_outgoing_interval`: how often finished jobs are written, documented as the knob for it
- a logger of our own, which is quiet: the one it sets up writes a line a job
- `push_many` for many jobs; notifications are on by default
"""

import asyncio
import logging
from importlib import import_module
from typing import Any

from tests.bench import stamps
from tests.bench.runners.protocol import Loop, run, text, url

CONCURRENCY = 1000
OUTGOING_SECONDS = 0.05
QUEUE = "bench"


async def noop(n: int) -> None:
    return None


async def send_stamp(number: int, address: str) -> None:
    stamps.send(address, number)


class Chancy:
    """Its client and its worker."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.package: Any = import_module("chancy")
        self.app: Any = None

    async def _open(self) -> Any:
        if self.app is None:
            self.app = self.package.Chancy(url(), log=logging.getLogger("chancy"))
            await self.app.__aenter__()
        return self.app

    def setup(self) -> None:
        async def install() -> None:
            app = await self._open()
            await app.migrate()
            await app.declare(
                self.package.Queue(
                    name=QUEUE,
                    concurrency=CONCURRENCY,
                    executor="chancy.executors.asyncex.AsyncExecutor",
                    polling_interval=1,
                    eager_polling=True,
                )
            )

        self.loop.run(install())

    def work(self) -> None:
        async def serve() -> None:
            app = await self._open()
            worker = self.package.Worker(app)
            worker.send_outgoing_interval = OUTGOING_SECONDS
            await worker.start()
            await worker.wait_for_shutdown()

        asyncio.run(serve())

    def enqueue(self, jobs: int) -> None:
        made = [self._job("noop", {"n": n}) for n in range(jobs)]

        async def put() -> None:
            app = await self._open()
            async for _ in app.push_many(made):
                continue

        self.loop.run(put())

    def enqueue_stamped(self, number: int, address: str) -> None:
        async def put() -> None:
            app = await self._open()
            await app.push(self._job("send_stamp", {"number": number, "address": address}))

        self.loop.run(put())

    def _job(self, function: str, arguments: dict[str, Any]) -> Any:
        return self.package.Job(func=f"tests.bench.runners.chancy.{function}", kwargs=arguments, queue=QUEUE)

    def is_empty(self) -> bool:
        async def look() -> bool:
            app = await self._open()
            async with app.pool.connection() as connection:
                cursor = await connection.execute(text("chancy_any"))
                return not (await cursor.fetchone())[0]

        return bool(self.loop.run(look()))

    def clear(self) -> None:
        async def forget() -> None:
            app = await self._open()
            async with app.pool.connection() as connection:
                await connection.execute(text("chancy_clear"))

        self.loop.run(forget())


if __name__ == "__main__":
    run(Chancy())
