from datetime import UTC, datetime

import pytest

from queueproject.http.waits import parse_duration, parse_retry_after

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("Mon, 23 Nov 2026 12:01:30 GMT", 90.0),
        ("Monday, 23-Nov-26 12:00:10 GMT", 10.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("Mon, 23 Nov 2026 14:00:30 +0200", 30.0),
    ],
)
def test_retry_after_is_read_as_seconds_from_now(header: str, seconds: float) -> None:
    assert parse_retry_after(header, now=NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "header", [None, "", "soon", "-5", "1e3", "inf", "nan", "Mon, 99 Nov 2026", "9" * 400]
)
def test_a_retry_after_that_is_none_is_not_guessed(header: str | None) -> None:
    assert parse_retry_after(header, now=NOW) is None


@pytest.mark.parametrize(
    ("value", "seconds"), [("26s", 26.0), ("1.5s", 1.5), ("0s", 0.0), ("0.000000001s", 1e-9), (" 3s ", 3.0)]
)
def test_a_protobuf_duration_is_read_in_seconds(value: str, seconds: float) -> None:
    assert parse_duration(value) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value", [None, "", "26", "s", "-1s", "1m", 26, "1.s", {"seconds": 1}, "9" * 400 + "s"]
)
def test_what_is_no_duration_is_none(value: object) -> None:
    assert parse_duration(value) is None
