"""What every test may use: a private Postgres that trades durability for speed, and people to log in as."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client, TransactionTestCase
from pytest_django import DjangoDbBlocker

from queueproject import postgres
from tests import tables

pytest_plugins = ["tests.e2e.fixtures"]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    from tests.sidebyside import make_schedule

    return make_schedule(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After the shuffle, let tests that commit run last, of these the slow ones first.

    What they have ANALYZE count, others would be planned with.
    """
    items.sort(key=_place)


def _place(item: pytest.Item) -> tuple[bool, bool]:
    commits = _commits(item)
    return commits, commits and item.get_closest_marker("slow") is None


def _commits(item: pytest.Item) -> bool:
    fixtures: Sequence[str] = getattr(item, "fixturenames", ())
    marker = item.get_closest_marker("django_db")
    asked = marker is not None and bool(marker.kwargs.get("transaction"))
    return asked or not {"transactional_db", "live_server", "django_db_reset_sequences"}.isdisjoint(fixtures)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Start the private server with the first test that touches the database."""
    postgres.ensure(settings.DATABASE_URL)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Give a test that commits, at its end, the tables back as migrations left them."""
    with django_db_blocker.unblock():
        tables.keep()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: tables.give_back())
        yield


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
