"""Watch a batch from a terminal until it ends: a live bar on a terminal, nothing until the end elsewhere."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from queueproject.queue import health
from queueproject.queue.models import Batch
from queueproject.queue.states import BatchState
from queueproject.queue.why import why_batch_waits

EXIT_DONE: Final = 0
EXIT_SOME_FAILED: Final = 1
EXIT_CANCELLED: Final = 3
EXIT_NOT_ENDED: Final = 4
EXIT_INTERRUPTED: Final = 130

POLL_SECONDS: Final = 0.3
# A cluster that is just being started gets so long before nobody is said to work.
WORKER_PATIENCE_SECONDS = 5.0
_LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Watched:
    """How a wait ended: the exit code, and why where the batch has not ended."""

    batch: Batch
    exit_code: int
    reason: str = ""


def watch(
    batch: Batch,
    *,
    timeout_seconds: float | None = None,
    console: Console | None = None,
    each: Callable[[Batch], None] | None = None,
) -> Watched:
    """Wait for a batch's end, the time limit, Ctrl-C, or until nobody lives who could work it off.

    `console` shows a bar; `each` is called with the batch as it is at every look.
    """
    began = time.monotonic()
    idle_since: float | None = None
    next_look = 0.0
    with _show(console) as bar:
        try:
            while True:
                batch.refresh_from_db()
                if each:
                    each(batch)
                now = time.monotonic()
                if now >= next_look:
                    next_look = now + _LOOK_SECONDS
                    idle_since = None if health.live_worker_exists() else idle_since or now
                    bar.tell(batch)
                bar.move(batch)
                if not batch.is_running:
                    return Watched(batch, get_exit_code(batch))
                if idle_since and now - idle_since >= WORKER_PATIENCE_SECONDS:
                    return Watched(batch, EXIT_NOT_ENDED, tell_no_worker())
                if timeout_seconds is not None and now - began >= timeout_seconds:
                    words = f"{timeout_seconds:g} s have passed; the batch goes on."
                    return Watched(batch, EXIT_NOT_ENDED, words)
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            return Watched(batch, EXIT_INTERRUPTED, "The batch goes on.")


def tell_no_worker() -> str:
    """Return the sentence that says that nobody works, and the command that helps."""
    return f"NO WORKER LIVES: the jobs wait until one is started. Start it with: {health.WORKER_COMMAND}"


def get_exit_code(batch: Batch) -> int:
    """Return 0 when all of an ended batch was done, 1 when some failed, 3 when some was cancelled."""
    if batch.state == BatchState.CANCELLED:
        return EXIT_CANCELLED
    if batch.failed_units:
        return EXIT_SOME_FAILED
    return EXIT_CANCELLED if batch.cancelled_units else EXIT_DONE


def describe(batch: Batch) -> str:
    """Return a batch's counts and how it stands in one line."""
    parts = [f"{batch.completed_units} of {batch.total_units} completed"]
    counts = {word: getattr(batch, f"{word}_units") for word in ("failed", "cancelled", "skipped")}
    parts += [f"{units} {word}" for word, units in counts.items() if units]
    if batch.finished_at is None:
        return f"batch {batch.pk} is running: {', '.join(parts)}"
    seconds = (batch.finished_at - batch.created_at).total_seconds()
    return f"batch {batch.pk} {batch.get_state_display()}: {', '.join(parts)} in {seconds:.1f} s"


class _Silence:
    """Show nothing."""

    def tell(self, batch: Batch) -> None:
        """Say what is being waited for."""

    def move(self, batch: Batch) -> None:
        """Move on."""


class _Bar(_Silence, AbstractContextManager["_Bar"]):
    """A live bar, with what is in the way beside it."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._progress.stop()

    def tell(self, batch: Batch) -> None:
        """Say what is in the way, or how many failed."""
        reason = why_batch_waits(batch)
        failed = f"{batch.failed_units} failed. " if batch.failed_units else ""
        self._progress.update(self._task, description=failed + (reason.sentence if reason else ""))

    def move(self, batch: Batch) -> None:
        """Move the bar to where the batch stands."""
        done = batch.completed_units + batch.failed_units + batch.cancelled_units
        self._progress.update(self._task, completed=done, total=batch.total_units)


def _show(console: Console | None) -> AbstractContextManager[_Silence]:
    return nullcontext(_Silence()) if console is None else _Bar(console)
