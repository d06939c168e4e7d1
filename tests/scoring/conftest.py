"""People with just the rights of their group, for the pages of the workloads."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def client_of(make_user: Callable[..., User]) -> Callable[..., Client]:
    """Log in a member of staff of some groups."""

    def make(*groups: str) -> Client:
        user = make_user("-".join(groups) or "nobody", groups=groups)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def viewer(client_of: Callable[..., Client]) -> Client:
    """Log in somebody who may look and press nothing."""
    return client_of("viewer")


@pytest.fixture
def operator(client_of: Callable[..., Client]) -> Client:
    """Log in somebody who may press the workloads' buttons."""
    return client_of("operator")
