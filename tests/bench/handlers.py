"""Found by the queue's app where the benchmarks' settings are used: every process knows their kinds."""

from tests.bench import kinds  # noqa: F401  (registers them)
