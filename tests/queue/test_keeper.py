"""The keeper: it goes on whatever happens to it, and knows a lost request from a wedged cluster."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from queueproject.queue import keeper, workers
from queueproject.queue.keeper import Keeper
from queueproject.queue.models import DrainRequest, Provider, Worker

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_keeper_that_stumbles_goes_on_as_the_same_worker(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []

    def keep(self: Keeper) -> None:
        rounds.append(1)
        if len(rounds) == 1:
            raise ValueError("odd")

    monkeypatch.setattr(Keeper, "keep", keep)
    monkeypatch.setattr(keeper, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(workers, "limit_sessions", lambda **_: None)
    kept = Keeper(slots=2, cluster="c")
    kept.start()
    deadline = time.monotonic() + 10
    while len(rounds) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    kept.stop()
    assert len(rounds) >= 3
    assert Worker.objects.get().status == "stopped"


@pytest.mark.parametrize(
    ("age", "carrier", "wedged"), [(5, "", True), (5, "c", True), (5, "another", False), (60, "", False)]
)
def test_only_requests_that_still_count_and_no_other_has_in_hand_tell_of_a_wedged_cluster(
    db: None, monkeypatch: pytest.MonkeyPatch, age: int, carrier: str, wedged: bool
) -> None:
    requested_at = timezone.now() - timedelta(seconds=age)
    DrainRequest.objects.create(reason="test", requested_at=requested_at, cluster=carrier)
    monkeypatch.setattr(keeper, "WEDGED_AFTER_SECONDS", -1.0)
    kept = Keeper(slots=1, cluster="c")
    kept._watch()
    assert kept.wedged.is_set() == wedged
    assert DrainRequest.objects.exists() == (not wedged or carrier == ""), (
        "what it had in hand is lost with it"
    )
