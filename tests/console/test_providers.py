"""A provider's page: budgets, limits, pauses, history."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queueproject.queue import registry
from queueproject.queue.models import Audit, Budget, Ledger, Provider, ProviderEvent, Setting
from queueproject.queue.outcomes import ProviderFault
from tests.console.rows import make_provider, make_worker

pytestmark = pytest.mark.django_db

# Session, user, permissions 4, a bound on the rest 3, the lanes 4, the day of calls and of tokens 2,
# time line 2, settings 1, bar 2.
PAGE_QUERIES = 18


def show(client: Client, key: str = "gemini") -> str:
    answer = client.get(reverse("console:provider", args=[key]))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def calls(gemini: Provider) -> Budget:
    """Name the budget of calls per minute."""
    return Budget.objects.get(provider=gemini, currency="calls")


def limit_url(budget: Budget) -> str:
    return reverse("console:change_limit", args=["gemini", budget.pk])


def test_a_provider_nothing_happened_to_says_so(viewer: Client, gemini: Provider) -> None:
    page = show(viewer)
    assert "Nothing has happened to it yet." in page
    assert "None were spent." in page


def test_an_unknown_provider_is_not_found(viewer: Client) -> None:
    assert viewer.get(reverse("console:provider", args=["nobody"])).status_code == 404


def test_windows_stand_side_by_side_with_their_limits(configurer: Client, gemini: Provider) -> None:
    Budget.objects.create(provider=gemini, currency="tokens", limit=250_000)
    Budget.objects.create(
        provider=gemini, currency="calls", window_seconds=86_400, kind="calendar", zone="America/Los_Angeles"
    )
    page = show(configurer)
    assert "calls per day (America/Los_Angeles)" in page
    assert 'aria-label="tokens per minute: 0 of 250000 used"' in page
    assert page.count('aria-label="Save ') >= 4


def test_the_day_is_drawn_with_its_refusals_marked(viewer: Client, gemini: Provider) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for ago, spent, refused in ((0, 100, 0), (3, 1500, 12), (30, 90_000, 50)):
        Ledger.objects.create(
            provider=gemini,
            currency="calls",
            hour=hour - timedelta(hours=ago),
            allowed=1800,
            spent=spent,
            refused=refused,
        )
    page = show(viewer)
    assert "1,600 calls in the last 24 hours, 12 refused; the busiest hour had 1,500." in page
    assert page.count('class="q-refused"') == 1


def test_a_limit_is_changed_and_leaves_who_before_and_after(configurer: Client, calls: Budget) -> None:
    answer = configurer.post(
        limit_url(calls), {f"b{calls.pk}-limit": "600", f"b{calls.pk}-reason": "more quota"}, follow=True
    )
    calls.refresh_from_db()
    assert calls.limit == 600
    audit = Audit.objects.get(action="change limit")
    assert (audit.actor, audit.before, audit.after, audit.reason) == ("clara", 30, 600, "more quota")
    page = answer.content.decode()
    assert "Saved. Workers follow it from their next claim on." in page
    assert "limit changed" in page


def test_an_empty_limit_means_not_limited(configurer: Client, calls: Budget) -> None:
    configurer.post(limit_url(calls), {f"b{calls.pk}-limit": ""})
    calls.refresh_from_db()
    assert calls.limit is None


@pytest.mark.parametrize("typed", ["0", "-5", "many", "1e9"])
def test_a_bad_limit_is_named_at_its_field_and_changes_nothing(
    configurer: Client, calls: Budget, typed: str
) -> None:
    answer = configurer.post(limit_url(calls), {f"b{calls.pk}-limit": typed})
    assert answer.status_code == 400
    assert f'id="id_b{calls.pk}-limit_error"' in answer.content.decode()
    calls.refresh_from_db()
    assert calls.limit == 30


def test_the_budget_of_another_provider_is_not_found(configurer: Client, calls: Budget) -> None:
    make_provider("stockx")
    other = Budget.objects.get(provider_id="stockx")
    assert configurer.post(limit_url(other), {f"b{other.pk}-limit": "1"}).status_code == 404


def test_calls_in_flight_are_changed(configurer: Client, gemini: Provider) -> None:
    url = reverse("console:change_concurrency", args=["gemini"])
    assert configurer.post(url, {"max_in_flight": "0"}).status_code == 400
    configurer.post(url, {"max_in_flight": "25", "max_concurrent_workers": "2"})
    gemini.refresh_from_db()
    assert (gemini.max_in_flight, gemini.max_concurrent_workers) == (25, 2)


def test_a_pause_needs_a_reason(operator: Client, gemini: Provider) -> None:
    url = reverse("console:act_on_provider", args=["gemini", "pause"])
    answer = operator.post(url, {"reason": "  "})
    assert answer.status_code == 400
    assert "Say why" in answer.content.decode()
    gemini.refresh_from_db()
    assert gemini.paused_at is None
    page = operator.post(url, {"reason": "invoice unpaid"}, follow=True).content.decode()
    gemini.refresh_from_db()
    assert (gemini.paused_by, gemini.paused_reason) == ("oscar", "invoice unpaid")
    assert "invoice unpaid" in page


def test_a_provider_paused_by_staff_resumes_with_one_press(operator: Client, gemini: Provider) -> None:
    make_provider("gemini", paused_at=timezone.now(), paused_by="ada", paused_reason="lunch")
    url = reverse("console:act_on_provider", args=["gemini", "resume"])
    assert f'<form method="post" action="{url}">' in show(operator)
    operator.post(url)
    gemini.refresh_from_db()
    assert gemini.paused_at is None


def test_resuming_after_a_fault_offers_the_test_first(operator: Client, gemini: Provider) -> None:
    make_provider("gemini", paused_at=timezone.now(), paused_reason="API key not valid", fault="bad_key")
    url = reverse("console:act_on_provider", args=["gemini", "resume"])
    page = show(operator)
    assert f'<form method="post" action="{url}">' not in page
    assert f'href="{url}"' in page
    asked = operator.get(url).content.decode()
    assert asked.index("Test connection</button>") < asked.index(">Resume</button>")
    assert "paused by a fault of its account (bad key)" in asked


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (None, "answers: models/gemini is there"),
        (ProviderFault("API key not valid", reason="bad_key"), "does not work (bad key): API key not valid"),
    ],
)
def test_testing_the_connection_makes_one_call_and_names_the_fault(
    operator: Client, gemini: Provider, monkeypatch: pytest.MonkeyPatch, fault: Exception | None, told: str
) -> None:
    asked = []

    def check() -> str:
        asked.append(1)
        if fault:
            raise fault
        return "models/gemini is there"

    spec = registry.ProviderSpec(key="gemini", label="Gemini", check_connection=check)
    monkeypatch.setitem(registry.PROVIDERS, "gemini", spec)
    back = reverse("console:act_on_provider", args=["gemini", "resume"])
    answer = operator.post(reverse("console:test_connection", args=["gemini"]), {"next": back}, follow=True)
    assert answer.redirect_chain == [(back, 302)]
    assert told in answer.content.decode()
    assert len(asked) == 1
    assert ProviderEvent.objects.get(verb="tested").actor == "oscar"


def test_a_block_is_ended_by_hand(operator: Client, gemini: Provider) -> None:
    make_provider("gemini", blocked_until=timezone.now() + timedelta(minutes=5))
    url = reverse("console:act_on_provider", args=["gemini", "unblock"])
    assert url in show(operator)
    operator.post(url)
    gemini.refresh_from_db()
    assert gemini.blocked_until is None


def test_the_time_line_tells_events_and_changed_settings_newest_first(
    configurer: Client, gemini: Provider
) -> None:
    ProviderEvent.objects.create(
        provider=gemini, verb="blocked", detail="429 after 3 calls", at=timezone.now() - timedelta(hours=1)
    )
    url = reverse("console:setting", args=["queue_enabled"])
    configurer.post(url, {"value": "false", "provider": "gemini", "reason": "contract"})
    assert Setting.objects.get().provider == "gemini"
    page = show(configurer)
    line = page[page.index("q-timeline") :]
    assert "on → off" in line
    assert line.index("contract") < line.index("429 after 3 calls")


def test_the_page_costs_the_same_with_a_long_history(
    viewer: Client, gemini: Provider, django_assert_num_queries: Callable[..., Any]
) -> None:
    Budget.objects.create(provider=gemini, currency="tokens")
    make_worker()
    for _ in range(2):
        for number in range(5):
            ProviderEvent.objects.create(provider=gemini, verb="blocked", detail=str(number))
        with django_assert_num_queries(PAGE_QUERIES):
            show(viewer)
