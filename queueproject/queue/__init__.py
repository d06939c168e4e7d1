"""The queue. It knows no workload: they bring kinds, handlers and providers through its front door."""
