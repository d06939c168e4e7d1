"""Bulk writing inserts what is new, updates what is known, and tells the ids."""

import pytest
from django.db import IntegrityError
from django.utils import timezone

from queueproject.csvimport.upsert import upsert_rows
from scoring.remarketing.models import Listing

pytestmark = pytest.mark.django_db


def make_listing(ref: str, **values: object) -> Listing:
    return Listing(source_ref=ref, created_at=timezone.now(), updated_at=timezone.now(), **values)


def test_new_rows_are_inserted_and_known_ones_updated_in_the_named_columns_only() -> None:
    Listing.objects.create(source_ref="a", title="Old", category="kept", services=["x"])
    rows = [
        make_listing("a", title="New", category="lost", services=["tab\t", "é; \\N"]),
        make_listing("b", title="B"),
    ]
    upsert_rows(rows, key="source_ref", update=["title", "services"])
    known = Listing.objects.get(source_ref="a")
    assert (known.title, known.category, known.services) == ("New", "kept", ["tab\t", "é; \\N"])
    assert [row.pk for row in rows] == [known.pk, Listing.objects.get(source_ref="b").pk]
    assert not rows[1]._state.adding


def test_a_row_that_the_table_refuses_stops_them_all() -> None:
    with pytest.raises(IntegrityError, match="remarketing_listing_revenue_in_range"):
        upsert_rows(
            [make_listing("a", title="A"), make_listing("b", title="B", revenue=-5)],
            key="source_ref",
            update=["title"],
        )


def test_no_rows_need_no_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        upsert_rows([], key="source_ref", update=["title"])
