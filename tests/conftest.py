"""What every test may use: a private Postgres that trades durability for speed, and people to log in as."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client

from queueproject import postgres

pytest_plugins = ["tests.e2e.fixtures"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests that commit the rows that migrations made, and let them run last, after the shuffle.

    Such a test empties every table at its end.
    """
    items.sort(key=_commits)
    for item in items:
        if _commits(item):
            names: list[str] = item.fixturenames  # type: ignore[attr-defined]
            names.append("django_db_serialized_rollback")


def _commits(item: pytest.Item) -> bool:
    fixtures: Sequence[str] = getattr(item, "fixturenames", ())
    marker = item.get_closest_marker("django_db")
    asked = marker is not None and bool(marker.kwargs.get("transaction"))
    return asked or not {"transactional_db", "live_server", "django_db_reset_sequences"}.isdisjoint(fixtures)


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Start the private server with the first test that touches the database."""
    postgres.ensure(settings.DATABASE_URL)


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    """Make staff by name; `groups` are names of groups that migrations created."""

    def make(username: str = "ada", *, superuser: bool = False, groups: tuple[str, ...] = ()) -> User:
        user = User.objects.create_user(username, is_staff=True, is_superuser=superuser)
        user.groups.set([Group.objects.get(name=name) for name in groups])
        return user

    return make


@pytest.fixture
def staff(make_user: Callable[..., User]) -> User:
    """Make a member of staff who may do everything."""
    return make_user("ada", superuser=True)


@pytest.fixture
def staff_client(staff: User) -> Client:
    """Log in the member of staff who may do everything."""
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Find the directory of real data named by `QUEUEPROJECT_DATA_DIR`, or skip, saying so."""
    directory = Path(os.environ.get("QUEUEPROJECT_DATA_DIR") or "/nonexistent")
    if not directory.is_dir():
        pytest.skip("QUEUEPROJECT_DATA_DIR names no directory of real data")
    return directory
