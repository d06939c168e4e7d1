"""Lanes: blocks after a 429, half-open probes, account faults."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from queueproject.queue import operations, providers, sql
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.models import Budget, Provider, ProviderEvent
from queueproject.queue.registry import PROVIDERS, BudgetDefault, ProviderSpec
from tests.queue.conftest import Hand
from tests.queue.kinds import LANE

pytestmark = pytest.mark.django_db
PACIFIC = ZoneInfo("America/Los_Angeles")


def block(**options: Any) -> float:
    """Block the lane and return for how many seconds from now."""
    until = providers.block(LANE, **options)
    now: datetime = sql.value("now")
    return (until - now).total_seconds()


def expire(lane: Provider) -> None:
    """Let the block's time pass."""
    past = timezone.now() - timedelta(seconds=1)
    Provider.objects.filter(pk=lane.pk).update(blocked_until=past, blocked_at=past)
    lane.refresh_from_db()


def verbs() -> list[str]:
    return list(ProviderEvent.objects.filter(provider=LANE).order_by("pk").values_list("verb", flat=True))


def test_a_hint_is_followed_with_a_little_jitter_and_never_undercut(lane: Provider) -> None:
    assert 9.9 <= block(retry_after_seconds=10) <= 10.2
    lane.refresh_from_db()
    assert (lane.block_seconds, lane.probing, lane.rate_factor) == (0, True, 0.5)
    assert verbs() == ["blocked"]


def test_blocks_without_a_hint_double_up_to_the_lanes_longest(lane: Provider) -> None:
    lengths = []
    for _ in range(6):
        length = block()
        lane.refresh_from_db()
        assert lane.block_seconds - 0.1 <= length <= lane.block_seconds * 1.25
        lengths.append(lane.block_seconds)
        expire(lane)
    assert lengths == [4, 8, 16, 32, 64, 64]


def test_the_first_wait_and_the_longest_are_the_providers_own(lane: Provider, monkeypatch: Any) -> None:
    slow = ProviderSpec(key=LANE, label="Slow", first_block_seconds=60, longest_block_seconds=900)
    monkeypatch.setitem(PROVIDERS, LANE, slow)
    lengths = []
    for _ in range(5):
        block()
        lane.refresh_from_db()
        lengths.append(lane.block_seconds)
        expire(lane)
    assert lengths == [60, 120, 240, 480, 900]


def test_a_burst_of_429s_cuts_the_rate_once_and_lengthens_the_wait_once(lane: Provider) -> None:
    spent = timezone.now() - timedelta(seconds=1)
    for _ in range(5):
        block(spent_at=spent)
    lane.refresh_from_db()
    assert (lane.rate_factor, lane.block_seconds) == (0.5, 4)
    assert verbs() == ["blocked"]


def test_a_429_to_a_call_made_after_the_block_cuts_again_down_to_a_tenth(lane: Provider) -> None:
    factors = []
    for _ in range(5):
        block()
        expire(lane)
        factors.append(lane.rate_factor)
    assert factors == [0.5, 0.25, 0.125, 0.1, 0.1]


def test_a_shorter_hint_never_shortens_a_block(lane: Provider) -> None:
    block(retry_after_seconds=60)
    assert block(retry_after_seconds=1) > 55


def test_a_used_up_day_blocks_until_the_providers_midnight_whatever_the_hint(lane: Provider) -> None:
    until = providers.block(LANE, per_day=True, retry_after_seconds=5)
    local = until.astimezone(PACIFIC)
    assert (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    today = timezone.now().astimezone(PACIFIC).date()
    assert local.date() == today + timedelta(days=1)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-07-01T18:00:00+00:00", "2026-07-02T07:00:00+00:00"),  # summer time: UTC-7
        ("2026-12-01T18:00:00+00:00", "2026-12-02T08:00:00+00:00"),  # winter time: UTC-8
        ("2026-07-02T06:59:59+00:00", "2026-07-02T07:00:00+00:00"),
        ("2026-07-02T07:00:00+00:00", "2026-07-03T07:00:00+00:00"),
        ("2026-03-08T08:30:00+00:00", "2026-03-09T07:00:00+00:00"),  # a day of 23 hours
        ("2026-11-01T07:30:00+00:00", "2026-11-02T08:00:00+00:00"),  # a day of 25 hours
        ("2026-11-01T06:30:00+00:00", "2026-11-01T07:00:00+00:00"),
    ],
)
def test_midnight_is_right_on_the_days_the_clocks_change(lane: Provider, at: str, until: str) -> None:
    statement = sql.text("block").replace("statement_timestamp()", "%(at)s::timestamptz")
    assert "statement_timestamp" not in statement
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                "provider": LANE,
                "retry_after": 1,
                "per_day": True,
                "zone": "America/Los_Angeles",
                "spent_at": None,
                "first": 4,
                "longest": 64,
                "jitter": 1.0,
                "at": at,
            },
        )
        row = cursor.fetchone()
    assert row is not None
    assert row[0].astimezone(UTC) == datetime.fromisoformat(until)


def test_a_good_answer_ends_the_probe_and_lets_the_rate_grow_back_to_full(lane: Provider) -> None:
    block()
    expire(lane)
    providers.recover(LANE)
    lane.refresh_from_db()
    assert (lane.blocked_until, lane.probing, lane.block_seconds) == (None, False, 0)
    assert lane.rate_factor == pytest.approx(0.505)
    for _ in range(100):
        providers.recover(LANE)
    lane.refresh_from_db()
    assert lane.rate_factor == pytest.approx(1)
    assert verbs() == ["blocked", "unblocked", "recovered"]


def test_the_rate_grows_back_by_the_budget_an_answer_took_most_of(lane: Provider) -> None:
    block()
    expire(lane)
    lane.budgets.update_or_create(
        currency="tokens", window_seconds=60, kind="sliding", defaults={"limit": 1000}
    )
    providers.recover(LANE, tokens=200)
    lane.refresh_from_db()
    assert lane.rate_factor == pytest.approx(0.5 + 0.5 * 200 / 1000)


def test_an_answer_from_before_the_block_does_not_open_the_lane(lane: Provider) -> None:
    block(retry_after_seconds=60)
    providers.recover(LANE)
    lane.refresh_from_db()
    assert lane.probing
    assert lane.blocked_until is not None


def test_a_good_answer_on_a_healthy_lane_writes_nothing(lane: Provider) -> None:
    assert sql.rows("recover", provider=LANE, tokens=0) == []
    assert verbs() == []


def test_while_a_lane_probes_one_call_goes_alone(hand: Hand, lane: Provider) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(5)])
    block()
    assert hand.claim() == []
    expire(lane)
    assert len(hand.claim()) == 1
    assert hand.claim() == [], "the probe is under way"


def test_an_account_fault_pauses_the_lane_once_and_says_why(lane: Provider) -> None:
    providers.pause_for_fault(LANE, fault="bad_key", message="the key is not valid")
    providers.pause_for_fault(LANE, fault="no_credit", message="another call heard another thing")
    lane.refresh_from_db()
    assert (lane.fault, lane.paused_by, lane.paused_reason) == ("bad_key", "queue", "the key is not valid")
    assert verbs() == ["paused"]


def test_a_fault_does_not_take_over_a_pause_by_staff(lane: Provider) -> None:
    operations.pause_provider(LANE, actor="ada", reason="night")
    providers.pause_for_fault(LANE, fault="bad_key", message="no")
    lane.refresh_from_db()
    assert (lane.fault, lane.paused_by) == ("", "ada")


def test_unblocking_by_hand_lets_one_probe_go_and_keeps_the_cut_rate(hand: Hand, lane: Provider) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(5)])
    block(retry_after_seconds=600)
    assert operations.unblock_provider(LANE, actor="ada", reason="quota raised")
    lane.refresh_from_db()
    assert (lane.blocked_until, lane.probing, lane.rate_factor) == (None, True, 0.5)
    assert len(hand.claim()) == 1
    assert verbs() == ["blocked", "unblocked"]


def test_syncing_keeps_what_staff_changed_and_makes_what_is_new(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    Provider.objects.filter(pk=LANE).update(max_in_flight=3)
    Budget.objects.filter(provider=LANE).update(limit=7)
    new = ProviderSpec(
        key="fresh",
        label="Fresh",
        budgets=(BudgetDefault(limit=5, window_seconds=86_400, kind="calendar", zone="Europe/Berlin"),),
        max_in_flight=2,
    )
    monkeypatch.setitem(PROVIDERS, "fresh", new)
    providers.sync_providers()
    providers.sync_providers()
    lane.refresh_from_db()
    assert lane.max_in_flight == 3
    assert set(lane.budgets.values_list("limit", flat=True)) == {7}
    fresh = Provider.objects.annotate(now=Now()).get(pk="fresh")
    assert (fresh.metered, fresh.max_in_flight) == (True, 2)
    assert fresh.clock == pytest.approx(fresh.now.timestamp(), abs=5)
    assert [(each.limit, each.kind, each.zone) for each in fresh.budgets.all()] == [
        (5, "calendar", "Europe/Berlin")
    ]


def test_a_lane_whose_workload_is_gone_has_plain_defaults() -> None:
    spec = providers.find_spec("gone")
    assert (spec.label, spec.zone, spec.check_connection) == ("gone", "UTC", None)
