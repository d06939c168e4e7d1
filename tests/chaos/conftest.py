"""Fixtures of the chaos tests: a server of their own, a fresh database and lane, and how much to do."""

import os
from collections.abc import Callable, Iterator

import pytest
from pytest_django import DjangoDbBlocker

from queueproject.queue import drains
from queueproject.queue.models import Budget, Provider
from tests.chaos.server import ChaosServer
from tests.chaos.world import LEASE_SECONDS, Scale
from tests.queue import kinds

Note = Callable[[str, object], None]
LONG = os.environ.get("CHAOS_SCALE") == "long"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: only `make chaos` runs it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what only `make chaos` runs to it."""
    left_out = [item for item in items if item.get_closest_marker("long") and not LONG]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def scale() -> Scale:
    """How much to do: `make chaos` asks for the long version."""
    return Scale(long=LONG)


@pytest.fixture(scope="session")
def server() -> Iterator[ChaosServer]:
    """Start the chaos tests' own Postgres."""
    found = ChaosServer()
    try:
        found.prepare()
        yield found
    finally:
        found.remove()


@pytest.fixture
def database(
    server: ChaosServer, django_db_blocker: DjangoDbBlocker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Make a fresh, migrated database that this process and its clusters work on; its URL."""
    monkeypatch.setattr(drains, "LEASE_SECONDS", float(LEASE_SECONDS))
    with django_db_blocker.unblock(), server.database() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield url


@pytest.fixture
def lane(database: str) -> Provider:
    """The tests' metered lane: 6,000 calls a minute, 20 in flight."""
    Provider.objects.filter(pk=kinds.LANE).update(max_in_flight=20)
    Budget.objects.filter(provider=kinds.LANE, currency="calls").update(limit=6000)
    return Provider.objects.get(pk=kinds.LANE)


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Note:
    """Keep a figure for the table that `make chaos` prints."""
    return record_property
