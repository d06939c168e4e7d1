"""How pages write numbers, times and changes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from queueproject.console import words
from queueproject.queue.conf import KNOBS, Knob


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (None, "–"),
        (0, "0 ms"),
        (0.0375, "38 ms"),
        (1, "1 s"),
        (1.25, "1.3 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (95, "1 min 35 s"),
        (600, "10 min"),
        (659, "10 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_duration_is_written_in_the_unit_that_fits(seconds: float | None, written: str) -> None:
    assert words.duration(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, "1 s"), (59, "59 s"), (3599, "59 min"), (100_000, "1 d")]
)
def test_an_age_is_written_in_one_unit(seconds: float, written: str) -> None:
    assert words.age(seconds) == written


def test_a_count_that_stopped_says_so() -> None:
    assert words.capped(10_000) == "10,000"
    assert words.capped(10_001) == "10,000+"


def test_clock_time_carries_a_date_when_it_is_another_day() -> None:
    now = timezone.localtime()
    assert words.clock(now) == f"{now:%H:%M:%S}"
    assert words.clock(now + timedelta(days=2)) == f"{now + timedelta(days=2):%a %-d %b %H:%M}"


@pytest.mark.parametrize(
    ("before", "after", "written"),
    [
        (None, None, ""),
        (30, None, "30 → nothing"),
        (True, False, "on → off"),
        (15.0, 0.25, "15 → 0.25"),
        ({"a": 1, "max_in_flight": 5}, {"a": 1, "max_in_flight": 9}, "max in flight 5 → 9"),
        (None, {"ok": True}, "nothing → ok on"),
    ],
)
def test_a_change_names_what_differs(before: object, after: object, written: str) -> None:
    assert words.change(before, after) == written


def test_bounds_are_written_for_every_kind_of_setting() -> None:
    assert words.bounds(KNOBS["batch_size"]) == "1 to 2,000"
    assert words.bounds(KNOBS["queue_enabled"]) == "on or off"
    assert words.bounds(Knob("weights", {"a": 1.0}, "")) == "positive numbers"
    assert words.bounds(Knob("any", 1, "")) == "0 or more"
