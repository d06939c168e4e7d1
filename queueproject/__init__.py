"""The project: settings, URLs, the queue, its console, and what the workloads share."""
