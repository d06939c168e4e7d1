"""Fixtures of the console's tests: people with just the permissions they need."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from queueproject.queue.models import Provider
from tests.console.rows import make_provider
from tests.queue import kinds  # noqa: F401  registers the kinds that the rows are of

MODELS = (
    "attempt",
    "audit",
    "batch",
    "budget",
    "job",
    "ledger",
    "provider",
    "providerevent",
    "schedulerrun",
    "setting",
    "worker",
)
VIEW = tuple(f"view_{model}" for model in MODELS)


@pytest.fixture
def client_with(make_user: Callable[..., User]) -> Callable[..., Client]:
    """Log in a member of staff with permissions of the queue, by codename."""

    def make(*codenames: str, username: str = "grace") -> Client:
        user = make_user(username)
        user.user_permissions.set(
            Permission.objects.filter(content_type__app_label="queue", codename__in=codenames)
        )
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def viewer(client_with: Callable[..., Client]) -> Client:
    """Log in somebody who may look at everything and press nothing."""
    return client_with(*VIEW, username="vera")


@pytest.fixture
def operator(client_with: Callable[..., Client]) -> Client:
    """Log in somebody who may also retry, cancel, pause and resume."""
    return client_with(*VIEW, "operate", username="oscar")


@pytest.fixture
def configurer(client_with: Callable[..., Client]) -> Client:
    """Log in somebody who may also change limits and settings."""
    return client_with(*VIEW, "operate", "configure", username="clara")


@pytest.fixture
def gemini(db: None) -> Provider:
    """Make a lane with 30 calls a minute."""
    return make_provider("gemini")
