"""The hour's book of a lane."""

import pytest

from queueproject.queue import sql
from queueproject.queue.models import Ledger, Provider

pytestmark = pytest.mark.django_db


def note(lane: Provider, spent: int) -> Ledger:
    sql.run("note_ledger", providers=[lane.key], currencies=["tokens"], spent=[spent], refused=[1])
    return Ledger.objects.get()


def test_an_answer_cheaper_than_its_estimate_is_taken_off(lane: Provider) -> None:
    note(lane, 100)
    row = note(lane, -9)
    assert (row.spent, row.refused) == (91, 2)


def test_the_book_never_falls_below_nothing(lane: Provider) -> None:
    assert note(lane, -5).spent == 0
    assert note(lane, 3).spent == 3
    assert note(lane, -50).spent == 0
