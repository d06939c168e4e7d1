"""How many calls an operation still needs."""

import pytest

from queueproject.console import eta
from queueproject.queue import providers
from queueproject.queue.batches import start_batch
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.selectors import batches
from queueproject.queue.selectors.batches import sample_open_jobs

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("groups", "calls"),
    [
        (["a"] * 10, 2),
        (["a", "b", "c"], 3),
        (["a"] * 6 + ["b"] * 4, 3),
    ],
)
def test_jobs_share_calls_within_their_group_only(groups: list[str], calls: int) -> None:
    providers.sync_providers()
    with start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.grouped", [NewJob({"n": 1, "group": group}) for group in groups], batch=batch)
    (found,) = sample_open_jobs([batch.pk])[batch.pk]
    assert eta._calls(found) == calls


def test_what_was_not_looked_at_is_counted_by_its_units(monkeypatch: pytest.MonkeyPatch) -> None:
    providers.sync_providers()
    with start_batch(kind="t", label="t") as batch:
        jobs = [NewJob({"n": n}, units=100, estimated_tokens=30) for n in range(20)]
        enqueue_many("tests.call", jobs, batch=batch)
    batch.refresh_from_db()
    for module in (eta, batches):
        monkeypatch.setattr(module, "MOST_SAMPLED", 5)
    (found,) = eta._scale_up(batch, sample_open_jobs([batch.pk])[batch.pk])
    assert (found.jobs, found.units, found.tokens) == (20, 2000, 600)
