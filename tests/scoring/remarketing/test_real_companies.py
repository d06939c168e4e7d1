"""Real companies import as they are; what the sources lack stays empty."""

from pathlib import Path

import pytest

from scoring.remarketing.models import Buyer, Listing, UniverseListing
from scoring.remarketing.services.csv_export import export_csv
from scoring.remarketing.services.csv_import import import_csv
from tests.realdata import make_buyers_csv, make_large_listings_csv, make_listings_csv
from tests.scoring.remarketing.makers import make_universe

pytestmark = pytest.mark.django_db


def test_458_buyers_and_32_listings_are_imported_and_found_unchanged_again(
    real_data: Path, tmp_path: Path
) -> None:
    make_universe("Software (test)")
    buyers = make_buyers_csv(real_data, tmp_path, universe="Software (test)")
    listings = make_listings_csv(real_data, tmp_path, universe="Software (test)")
    first = (import_csv(buyers, kind="buyers"), import_csv(listings, kind="listings"))
    again = (import_csv(buyers, kind="buyers"), import_csv(listings, kind="listings"))
    assert [one.created for one in first] == [458, 32]
    assert [one.unchanged for one in again] == [458, 32]
    assert UniverseListing.objects.count() == 32


def test_what_no_source_has_stays_empty(real_data: Path, tmp_path: Path) -> None:
    import_csv(make_buyers_csv(real_data, tmp_path), kind="buyers")
    import_csv(make_listings_csv(real_data, tmp_path), kind="listings")
    assert not Buyer.objects.exclude(buyer_type="", thesis_summary="", target_revenue_min=None).exists()
    assert not Listing.objects.exclude(revenue=None, ebitda=None, asking_price=None, owner_goals="").exists()
    assert Buyer.objects.filter(recent_acquisitions=[]).count() == 0


def test_large_companies_bring_real_figures_one_of_them_a_loss(real_data: Path, tmp_path: Path) -> None:
    result = import_csv(make_large_listings_csv(real_data, tmp_path), kind="listings")
    assert result.created == 226
    assert Listing.objects.filter(revenue__gt=1_000_000_000).count() == 226
    assert Listing.objects.filter(ebitda__lt=0).count() == 1


def test_real_rows_survive_export_and_import(real_data: Path, tmp_path: Path) -> None:
    import_csv(make_buyers_csv(real_data, tmp_path), kind="buyers")
    exported = "".join(export_csv(kind="buyers"))
    assert import_csv(exported.encode(), kind="buyers").unchanged == 458
