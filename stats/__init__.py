"""The stats workload: aggregates of a league after a match."""
