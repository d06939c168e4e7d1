"""celery with Redis, by its guides on optimising and on workers.

- the solo pool: one process that runs tasks itself; a process pool costs a pipe's way for tasks of no length
- a prefetch multiplier of 128, as advised for many short tasks; results ignored; no gossip, mingle, heartbeat
- acknowledged early, celery's default: unlike all others here it loses what it prefetched when it is killed
- many jobs go over one connection; it has no call for them
"""

from importlib import import_module
from typing import Any

from tests.bench import stamps
from tests.bench.runners.protocol import run, url

QUEUE = "bench"
OPTIONS = ("--pool=solo", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=ERROR")


def noop(n: int) -> None:
    return None


def send_stamp(number: int, address: str) -> None:
    stamps.send(address, number)


class Celery:
    """Its client and its worker."""

    def __init__(self) -> None:
        self.app: Any = import_module("celery").Celery("bench", broker=url())
        self.app.conf.update(
            task_default_queue=QUEUE,
            task_ignore_result=True,
            worker_prefetch_multiplier=128,
            worker_hijack_root_logger=False,
            broker_connection_retry_on_startup=True,
        )
        self.noop: Any = self.app.task(name="noop")(noop)
        self.send_stamp: Any = self.app.task(name="send_stamp")(send_stamp)
        self.redis: Any = import_module("redis").Redis.from_url(url().replace("redis+socket://", "unix://"))

    def setup(self) -> None:
        self.redis.ping()

    def work(self) -> None:
        self.app.worker_main(["worker", *OPTIONS])

    def enqueue(self, jobs: int) -> None:
        with self.app.producer_pool.acquire(block=True) as producer:
            for n in range(jobs):
                self.noop.apply_async((n,), producer=producer)

    def enqueue_stamped(self, number: int, address: str) -> None:
        self.send_stamp.apply_async((number, address))

    def is_empty(self) -> bool:
        return not self.redis.llen(QUEUE) and not self.redis.hlen("unacked")

    def clear(self) -> None:
        self.redis.delete(QUEUE, "unacked", "unacked_index")


if __name__ == "__main__":
    run(Celery())
