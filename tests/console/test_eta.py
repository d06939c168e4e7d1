"""How many calls an operation still needs."""

import pytest

from queueproject.console import eta
from queueproject.queue import providers
from queueproject.queue.batches import start_batch
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.selectors.batches import find_open_jobs, sample_open_jobs

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
    (found,) = find_open_jobs(batch.pk)
    assert eta._calls(found) == calls
    assert sample_open_jobs([batch.pk]) == {batch.pk: [found]}
