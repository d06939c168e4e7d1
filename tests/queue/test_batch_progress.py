"""How a batch's counters become a bar."""

from queueproject.queue.models import Batch
from queueproject.queue.selectors.batches import Progress


def segments(**units: int) -> list[tuple[str, str, str]]:
    return Progress(Batch(**{f"{name}_units": count for name, count in units.items()})).segments


def test_parts_stand_side_by_side_by_their_share() -> None:
    assert segments(total=200, completed=100, failed=20, cancelled=10) == [
        ("completed", "0.00", "50.00"),
        ("failed", "50.00", "10.00"),
        ("cancelled", "60.00", "5.00"),
    ]


def test_one_failure_among_many_is_still_seen_and_stays_within_the_bar() -> None:
    assert segments(total=1_000_000, completed=999_999, failed=1)[1] == ("failed", "99.20", "0.80")


def test_an_empty_batch_has_no_parts_and_is_done() -> None:
    assert segments(total=0) == []
    assert Progress(Batch(total_units=0)).percent == 100


def test_a_bar_is_not_full_before_the_last_unit() -> None:
    assert Progress(Batch(total_units=1000, completed_units=999)).percent == 99
