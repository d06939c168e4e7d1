"""Fixtures of the chaos tests."""

from tests.queue.conftest import lane  # noqa: F401  the chaos tests share the queue tests' lane
