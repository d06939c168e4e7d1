"""The words a job's and a batch's life is told in; pure."""

from enum import StrEnum


class State(StrEnum):
    PENDING = "pending"
    SCHEDULED = "scheduled"
    RATE_LIMITED = "rate_limited"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


PARKED = (State.SCHEDULED, State.RATE_LIMITED)
WAITING = (State.PENDING, *PARKED)
LIVE = (*WAITING, State.PROCESSING)
FINISHED = (State.COMPLETED, State.FAILED, State.CANCELLED)


class Held(StrEnum):
    PAUSED = "paused"
    IN_FLIGHT = "in_flight"


class BatchState(StrEnum):
    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AttemptOutcome(StrEnum):
    COMPLETED = "completed"
    RETRIED = "retried"
    DEFERRED = "deferred"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RELEASED = "released"
    RESCUED = "rescued"
    LATE = "late"


class WorkerStatus(StrEnum):
    ACTIVE = "active"
    IDLE = "idle"
    STOPPED = "stopped"
    ERROR = "error"


LIVE_WORKER = (WorkerStatus.ACTIVE, WorkerStatus.IDLE)


class Priority:
    """What starts a job: a hand (one item), a button for many, a command or cron."""

    HIGH = 200
    MEDIUM = 150
    LOW = 100
    NAMES = {"high": HIGH, "medium": MEDIUM, "low": LOW}


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    return [(word.value, word.value.replace("_", " ")) for word in words]
