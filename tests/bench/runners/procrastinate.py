"""procrastinate, by its guides on concurrency, batch deferring and the deletion of finished jobs.

- asynchronous tasks with a concurrency of 30, the guide's own number; 10 and 100 were no faster
- `delete_jobs="successful"` where `SUCCESSFUL` is on offer: finished rows do not pile up
- `batch_defer_async` for many jobs; LISTEN is on by default
"""

from importlib import import_module
from typing import Any

from tests.bench import stamps
from tests.bench.runners.protocol import Loop, run, text, url

CONCURRENCY = 30


async def noop(n: int) -> None:
    return None


async def send_stamp(number: int, address: str) -> None:
    stamps.send(address, number)


class Procrastinate:
    """Its client and its worker."""

    def __init__(self) -> None:
        self.loop = Loop()
        package = import_module("procrastinate")
        self.app: Any = package.App(connector=package.PsycopgConnector(conninfo=url()))
        self.noop: Any = self.app.task(name="noop")(noop)
        self.send_stamp: Any = self.app.task(name="send_stamp")(send_stamp)
        self.is_open = False

    async def _open(self) -> Any:
        if not self.is_open:
            await self.app.open_async()
            self.is_open = True
        return self.app.connector

    def setup(self) -> None:
        async def install() -> None:
            await self._open()
            await self.app.schema_manager.apply_schema_async()

        self.loop.run(install())

    def work(self) -> None:
        self.app.run_worker(concurrency=CONCURRENCY, delete_jobs="successful")

    def enqueue(self, jobs: int) -> None:
        async def put() -> None:
            await self._open()
            await self.noop.batch_defer_async(*({"n": n} for n in range(jobs)))

        self.loop.run(put())

    def enqueue_stamped(self, number: int, address: str) -> None:
        async def put() -> None:
            await self._open()
            await self.send_stamp.defer_async(number=number, address=address)

        self.loop.run(put())

    def is_empty(self) -> bool:
        async def look() -> bool:
            connector = await self._open()
            row = await connector.execute_query_one_async(text("procrastinate_any"))
            return not row["is_any"]

        return bool(self.loop.run(look()))

    def clear(self) -> None:
        async def forget() -> None:
            connector = await self._open()
            await connector.execute_query_async(text("procrastinate_clear"))

        self.loop.run(forget())


if __name__ == "__main__":
    run(Procrastinate())
