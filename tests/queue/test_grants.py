"""How much of a lane a claim may take: pure arithmetic."""

from datetime import UTC, datetime

import pytest

from queueproject.queue.grants import BudgetUse, Room, make_groups, step_seconds

SOON = datetime(2026, 1, 1, 12, 0, 1, tzinfo=UTC)
MIDNIGHT = datetime(2026, 1, 2, tzinfo=UTC)
MINUTE = BudgetUse("calls", 60, 60, 50, SOON)
DAY = BudgetUse("calls", 1000, 86400, 995, MIDNIGHT)
TOKENS = BudgetUse("tokens", 1000, 60, 200, SOON)


def test_the_tightest_budget_of_a_currency_binds() -> None:
    room = Room(100, 1, [MINUTE, DAY])
    assert room.left("calls") == 5
    room.take({"calls": 5})
    assert not room.fits({"calls": 1})
    assert room.frees_at() == MIDNIGHT


def test_a_budget_that_is_not_in_the_way_delays_nothing() -> None:
    full = BudgetUse("calls", 60, 60, 60, SOON)
    assert Room(1, 1, [full, BudgetUse("calls", 1000, 86400, 10, MIDNIGHT)]).frees_at() == SOON
    assert Room(1, 1, [MINUTE]).frees_at() is None


def test_all_currencies_must_fit_or_nothing_is_taken() -> None:
    room = Room(10, 1, [MINUTE, TOKENS])
    assert room.fits({"calls": 1, "tokens": 800})
    assert not room.fits({"calls": 1, "tokens": 801})
    assert room.frees_at({"calls": 1, "tokens": 801}) == SOON


def test_the_governor_bends_short_windows_and_never_below_one() -> None:
    assert MINUTE.allowed(0.5) == 30
    assert DAY.allowed(0.1) == 1000
    assert BudgetUse("calls", 5, 60, 0).allowed(0.1) == 1


@pytest.mark.parametrize(
    ("budgets", "calls", "tokens", "step"),
    [
        ([MINUTE], 1, 0, 1.0),
        ([MINUTE, TOKENS], 1, 100, 6.0),
        ([DAY], 1, 0, 0.0),
        ([], 1, 0, 0.0),
        ([MINUTE], 3, 0, 3.0),
    ],
)
def test_a_step_is_what_a_call_takes_at_the_short_budgets(
    budgets: list[BudgetUse], calls: int, tokens: int, step: float
) -> None:
    assert step_seconds(budgets, calls=calls, tokens=tokens) == step


def row(number: int, group: str = "", *, alone: bool = False) -> dict[str, object]:
    return {"id": number, "kind": "k", "group_key": group, "alone": alone}


def sizes(rows: list[dict[str, object]], *, cut: bool) -> list[int]:
    return [len(group) for group in make_groups(rows, many=lambda _: 3, cut=cut)]


def test_rows_of_one_key_share_groups_up_to_the_kinds_size() -> None:
    assert sizes([row(n, "a") for n in range(7)], cut=False) == [3, 3, 1]
    assert sizes([row(1), row(2)], cut=False) == [1, 1]


def test_interleaved_keys_keep_their_own_groups_in_the_order_of_their_first_row() -> None:
    rows = [row(1, "a"), row(2, "b"), row(3, "a"), row(4, "b"), row(5, "a")]
    assert [[item["id"] for item in group] for group in make_groups(rows, many=lambda _: 3, cut=False)] == [
        [1, 3, 5],
        [2, 4],
    ]


def test_a_cut_leaves_the_last_unfilled_group_for_the_next_claim_unless_it_is_all_there_is() -> None:
    assert sizes([row(n, "a") for n in range(5)], cut=True) == [3]
    assert sizes([row(n, "a") for n in range(2)], cut=True) == [2]


def test_a_row_that_runs_alone_joins_nobody() -> None:
    assert sizes([row(1, "a"), row(2, "a", alone=True), row(3, "a")], cut=False) == [2, 1]
