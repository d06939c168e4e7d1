"""The queue's tables."""

from queueproject.queue.models.attempt import Attempt
from queueproject.queue.models.batch import Batch, BatchJob
from queueproject.queue.models.job import Job
from queueproject.queue.models.provider import (
    Budget,
    BudgetEntry,
    Ledger,
    Provider,
    ProviderEvent,
    TokenRatio,
)
from queueproject.queue.models.record import Audit, SchedulerRun, Setting
from queueproject.queue.models.worker import DrainRequest, Worker

__all__ = [
    "Attempt",
    "Audit",
    "Batch",
    "BatchJob",
    "Budget",
    "BudgetEntry",
    "DrainRequest",
    "Job",
    "Ledger",
    "Provider",
    "ProviderEvent",
    "SchedulerRun",
    "Setting",
    "TokenRatio",
    "Worker",
]
