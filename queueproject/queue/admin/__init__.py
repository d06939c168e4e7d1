"""The queue's tables in the admin: read-only rows, filters on indexed columns, actions with permissions."""

from queueproject.queue.admin import batches, jobs, providers, records, workers

__all__ = ["batches", "jobs", "providers", "records", "workers"]
