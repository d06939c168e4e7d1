"""What a day of staff needs: the demo's companies, a sandbox that plays Gemini, and work that gets done."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection
from playwright.sync_api import Page
from pytest_django import Settings

from queueproject.queue import drains, operations, providers
from queueproject.queue.drain import Drain
from queueproject.queue.models import Batch, Budget
from queueproject.sandbox.behaviour import Fault
from queueproject.sandbox.server import Sandbox, running_sandbox
from scoring.remarketing.models import Listing, Universe
from scoring.remarketing.services import scoring
from scoring.remarketing.services.demo import load_demo
from scoring.remarketing.services.plans import plan_deals

LEASE_SECONDS = 6


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    """Play Gemini on loopback, with the key that the web process has too."""
    with running_sandbox() as running:
        settings.GEMINI_API_KEY = running.environment["GEMINI_API_KEY"]
        settings.GOOGLE_GEMINI_BASE_URL = running.base_url
        settings.GEMINI_MODEL = running.environment["GEMINI_MODEL"]
        yield running


@pytest.fixture
def universe(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Universe:
    """Load the demo's made-up companies; Gemini allows 600 calls a minute."""
    monkeypatch.setattr(drains, "LEASE_SECONDS", float(LEASE_SECONDS))
    providers.sync_providers()
    budget = Budget.objects.get(provider="gemini", currency="calls", window_seconds=60)
    operations.change_budget(budget.pk, limit=600, actor="test", reason="the sandbox's limit")
    return load_demo()


@pytest.fixture
def waiting(universe: Universe, sandbox: Sandbox, staff: User) -> Batch:
    """Enqueue the scoring of three deals, 144 pairs; nobody works it off."""
    links = universe.listing_links.order_by("pk")[:3]
    plan = plan_deals(universe, listings=[link.listing for link in links])
    return scoring.start(plan, user=staff, label="Score three deals").batch


@pytest.fixture
def signed_in(open_page: Callable[..., Page], staff: User) -> Callable[..., Page]:
    """Open pages of the one who may do everything: `signed_in(width=390, color_scheme="dark")`."""
    return lambda **how: open_page(staff, **how)


@pytest.fixture
def failed(universe: Universe, sandbox: Sandbox) -> Batch:
    """Score two deals, one of which Gemini answers with half a document."""
    spoilt, other = universe.listing_links.order_by("pk")[:2]
    title = Listing.objects.get(pk=spoilt.listing_id).title
    sandbox.control(script=(Fault(answer="malformed", kind="cut_json", times=None, contains=title),))
    plan = plan_deals(universe, listings=[spoilt.listing, other.listing])
    batch = scoring.start(plan, label="Score two deals").batch
    # The first answer decides; that a job has three tries otherwise is tested where tries are.
    batch.jobs.update(max_attempts=1)
    work_off()
    batch.refresh_from_db()
    assert (batch.completed_units, batch.failed_units) == (48, 48)
    return batch


def work_off() -> None:
    """Do the waiting work as one slot of a cluster would, in a thread that has a connection of its own."""

    def work() -> None:
        connection.ensure_connection()
        try:
            Drain(stop=threading.Event(), linger_seconds=0.2).run()
        finally:
            connection.close()

    thread = threading.Thread(target=work, name="slot")
    thread.start()
    thread.join(30)
    assert not thread.is_alive(), "the work did not end"
