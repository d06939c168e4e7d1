"""The project: settings, URLs, the queue, its console, and what the workloads share."""

__version__ = "0.1.0"
