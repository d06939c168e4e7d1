"""Fixtures of remarketing's jobs: a sandbox that plays Gemini, and settings that send the client there."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from queueproject.queue import providers
from queueproject.queue.models import Budget
from queueproject.sandbox.server import Sandbox, running_sandbox


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    """Play Gemini on loopback without limits, with a key set."""
    with running_sandbox() as running:
        settings.GEMINI_API_KEY = "sandbox-key"
        settings.GOOGLE_GEMINI_BASE_URL = running.base_url
        yield running


@pytest.fixture
def unlimited(transactional_db: None) -> None:
    """Lift Gemini's budgets, once its row is there."""
    providers.sync_providers()
    Budget.objects.filter(provider="gemini").update(limit=None)
