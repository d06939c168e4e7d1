"""Files are imported whole or not at all, matched, merged, and exported back unchanged."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection

from queueproject.csvimport import CsvRefused
from scoring.remarketing.models import Buyer, Listing, Score, Universe, UniverseListing
from scoring.remarketing.services.csv_export import export_csv
from scoring.remarketing.services.csv_import import Kind, import_csv
from tests.scoring.remarketing.makers import NOW, make_buyer, make_listing, make_score, make_universe

pytestmark = pytest.mark.django_db

NAME_TAKEN = "the universe has a buyer of this name, with source_ref"
NO_UNIVERSE = "no universe has this name; import it first, or correct the name"


def read_faults(content: str, kind: Kind, universe: Universe | None = None) -> list[str]:
    with pytest.raises(CsvRefused) as caught:
        import_csv(content.encode(), kind=kind, universe=universe)
    return [str(fault) for fault in caught.value.faults.kept]


def test_rows_are_created_then_found_unchanged_then_updated() -> None:
    content = b"source_ref,company_name,target_services\nb1,Acme,water; fire\nb2,Bolt,mold\n"
    first = import_csv(content, kind="buyers")
    again = import_csv(content, kind="buyers")
    third = import_csv(content.replace(b"mold", b"roofing"), kind="buyers")
    assert [(one.created, one.updated, one.unchanged) for one in (first, again, third)] == [
        (2, 0, 0),
        (0, 0, 2),
        (0, 1, 1),
    ]
    assert Buyer.objects.get(source_ref="b2").target_services == ["roofing"]
    assert sorted(first.created_ids) == sorted(Buyer.objects.values_list("pk", flat=True))


def test_with_one_fault_nothing_is_imported() -> None:
    content = b"source_ref,title,revenue\nl1,One,5\nl2,Two,abc\nl3,Three,-5\n"
    with pytest.raises(CsvRefused, match="2 fault"):
        import_csv(content, kind="listings")
    assert not Listing.objects.exists()


def test_a_dry_run_checks_everything_and_writes_nothing() -> None:
    universe = make_universe()
    result = import_csv(b"source_ref,title\nl1,One\n", kind="listings", universe=universe, dry_run=True)
    assert (result.created, result.linked, result.created_ids) == (1, 1, [])
    assert not Listing.objects.exists()


def test_columns_that_the_file_lacks_keep_their_values_and_empty_cells_empty_them() -> None:
    make_buyer("Acme", source_ref="b1", hq_state="FL", target_revenue_min=5)
    import_csv(b"source_ref,company_name,target_revenue_min\nb1,Acme,\n", kind="buyers")
    buyer = Buyer.objects.get(source_ref="b1")
    assert (buyer.hq_state, buyer.target_revenue_min) == ("FL", None)


def test_what_scoring_wrote_survives_an_import() -> None:
    make_buyer(
        "Acme", source_ref="b1", alignment_score=80, alignment_checked_at=NOW, alignment_scored_by="ai"
    )
    import_csv(b"source_ref,company_name,hq_city\nb1,Acme,Tampa\n", kind="buyers")
    buyer = Buyer.objects.get(source_ref="b1")
    assert (buyer.alignment_score, buyer.hq_city, buyer.alignment_is_stale) == (80, "Tampa", True)


def test_a_buyer_without_id_is_matched_by_name_in_its_universe() -> None:
    universe = make_universe("Water")
    mine = make_buyer("Acme", universe=universe)
    other = make_buyer("Acme")
    import_csv(b"company_name,universe,hq_city\nACME,water,Tampa\n", kind="buyers")
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.hq_city, other.hq_city) == ("Tampa", "")


def test_the_universe_named_with_the_import_takes_buyers_that_name_none() -> None:
    water, fire = make_universe("Water"), make_universe("Fire")
    import_csv(b"company_name,universe\nAcme,Fire\nBolt,\n", kind="buyers", universe=water)
    assert list(Buyer.objects.order_by("company_name").values_list("universe", flat=True)) == [
        fire.pk,
        water.pk,
    ]


def test_listings_are_put_to_work_and_sleeping_links_woken() -> None:
    water, fire = make_universe("Water"), make_universe("Fire")
    listing = make_listing(source_ref="l1")
    UniverseListing.objects.create(universe=fire, listing=listing, status="archived")
    content = b"source_ref,title,universes\nl1,Bay Restoration,water; Fire\n"
    by = User.objects.create_user("ada")
    first, again = (import_csv(content, kind="listings", by=by) for _ in range(2))
    assert (first.linked, again.linked) == (2, 0)
    assert set(UniverseListing.objects.filter(status="active").values_list("universe", flat=True)) == {
        water.pk,
        fire.pk,
    }
    assert UniverseListing.objects.get(universe=water).added_by == by


def test_only_scores_of_changed_rows_become_stale() -> None:
    universe = make_universe()
    buyer, listing = make_buyer("Acme", source_ref="b1"), make_listing(source_ref="l1")
    changed = make_score(universe, listing, buyer)
    kept = make_score(universe, make_listing("Other"), make_buyer("Bolt", source_ref="b2"))
    result = import_csv(b"source_ref,company_name,hq_city\nb1,Acme,Tampa\nb2,Bolt,\n", kind="buyers")
    assert (result.updated, result.unchanged, result.marked_stale) == (1, 1, 1)
    assert set(Score.objects.filter(is_stale=True)) == {changed}
    assert kept.is_stale is False


def test_completeness_is_derived_on_the_way_in() -> None:
    content = b"company_name,thesis_summary\nAcme,We buy water restoration companies in Florida\nBolt,\n"
    import_csv(content, kind="buyers")
    assert list(Buyer.objects.order_by("pk").values_list("data_completeness", flat=True)) == ["medium", "low"]


def test_rows_that_clash_with_stored_ones_are_refused_by_line_and_column() -> None:
    universe = make_universe("Water")
    make_buyer("Acme", universe=universe, source_ref="b1")
    make_buyer("Gone", source_ref="b9", archived_at=NOW)
    make_buyer("Range", source_ref="b8", target_revenue_max=10)
    content = (
        "source_ref,universe,company_name,target_revenue_min\n"
        "b2,Water,ACME,\n"
        "b3,Wasser,Bolt,\n"
        "b9,,Gone,\n"
        "b8,,Range,11\n"
    )
    assert read_faults(content, "buyers") == [
        f"line 2, column company_name: {NAME_TAKEN} b1 (found: ACME)",
        f"line 3, column universe: {NO_UNIVERSE} (found: Wasser)",
        "line 4, column source_ref: this buyer is archived; restore it first (found: b9)",
        "line 5, column target_revenue_min: above target_revenue_max, which is 10 (found: 11)",
    ]
    assert Buyer.objects.count() == 3


def test_two_lines_that_mean_the_same_stored_row_are_refused() -> None:
    make_buyer("Acme", source_ref="b1")
    content = "source_ref,company_name\nb1,Acme\n,acme\n"
    assert read_faults(content, "buyers") == [
        "line 3, column source_ref: line 2 means the same buyer (found: b1)",
    ]


def test_two_new_buyers_of_one_name_are_refused() -> None:
    content = "source_ref,company_name\nb1,Acme\nb2,ACME\n"
    assert read_faults(content, "buyers") == [
        f"line 3, column company_name: {NAME_TAKEN} b1 (found: ACME)",
    ]


def test_a_universe_keeps_its_name_to_itself() -> None:
    make_universe("Water", source_ref="u1")
    assert read_faults("source_ref,name\nu2,WATER\n", "universes") == [
        "line 2, column name: another universe has this name, with source_ref u1 (found: WATER)"
    ]


def test_a_listing_for_an_unknown_universe_is_refused() -> None:
    make_universe("Water")
    assert read_faults("source_ref,title,universes\nl1,One,Water; Fire\n", "listings") == [
        f"line 2, column universes: {NO_UNIVERSE} (found: Fire)"
    ]


def test_faults_of_cells_and_clashes_with_stored_rows_are_told_together() -> None:
    content = "source_ref,title,universes,revenue\nl1,One,Fire,1\nl2,Two,,abc\n"
    assert [fault.split(":")[0] for fault in read_faults(content, "listings")] == [
        "line 3, column revenue",
        "line 2, column universes",
    ]


def test_what_only_the_database_sees_is_told_without_half_an_import() -> None:
    # Its lower() makes an i of the dotted capital, Python's an i and a dot: only the index sees the clash.
    (fault,) = read_faults("source_ref,company_name\nb1,\u0130x\nb2,ix\n", "buyers")
    assert fault.startswith("line 1: the database refused the file, nothing was imported; try again")
    assert "remarketing_buyer_name_unique" in fault
    assert not Buyer.objects.exists()


def test_resembling_names_are_suggested_and_imported_all_the_same() -> None:
    make_buyer("Summit Restoration Partners, LLC")
    content = (
        "company_name\nRestoration Partners Summit Inc\nSummit Restoration Partner\nHarbor 07\nHarbor 08\n"
    )
    result = import_csv(content.encode(), kind="buyers")
    assert result.created == 4
    assert [(one.line, one.similar_to) for one in result.suggestions] == [
        (2, "Summit Restoration Partners, LLC"),
        (3, "Summit Restoration Partners, LLC"),
    ]


FULL = {
    "universes": (
        "source_ref,name,keywords,target_states,service_weight,service_adjacency_map,documents,guide_text,"
        "penalize_single_location,preferred_buyer_types\n"
        'u1,"=Water; ""Fire""","a\\;b; c",FL; GA,0,"{""roofing"": [""siding""]}",'
        '"[{""type"": ""ma_guide"", ""text"": ""é""}]","two\nlines, and more",yes,pe_firm\n'
    ),
    "buyers": (
        "source_ref,universe,company_name,operating_locations,target_revenue_min,thesis_summary,buyer_type\n"
        'b1,Water,-Acme,"Tampa, FL; Miami, FL",0,@home,platform\nb2,,\'+Bolt,,,,\n'
    ),
    "listings": (
        "source_ref,title,universes,revenue,ebitda,location,services,currency\n"
        'l1,"+One, \u2603",Water,1000,-5,"Tampa, FL",a; b,EUR\nl2,Two,,,,,,\n'
    ),
}


@pytest.mark.parametrize("kind", ["universes", "buyers", "listings"])
def test_an_export_imported_into_an_empty_database_exports_the_same(kind: Kind) -> None:
    if kind != "universes":
        make_universe("Water")
    import_csv(FULL[kind].encode(), kind=kind)
    exported = "".join(export_csv(kind=kind, bom=True))
    assert import_csv(exported.encode(), kind=kind).unchanged == exported.count("\r\n") - 1
    {"universes": Universe, "buyers": Buyer, "listings": Listing}[kind].objects.all().delete()  # type: ignore[attr-defined]
    import_csv(exported.encode(), kind=kind)
    assert "".join(export_csv(kind=kind, bom=True)) == exported


def test_an_export_runs_no_formula_keeps_numbers_and_leaves_archived_rows_out() -> None:
    make_listing("=HYPERLINK(1)", source_ref="l1", ebitda=-5)
    make_listing("Gone", archived_at=NOW)
    rows = "".join(export_csv(kind="listings")).splitlines()
    assert len(rows) == 2
    assert rows[1].startswith("l1,'=HYPERLINK(1),,USD,,-5,")


def test_an_export_may_be_of_one_universe() -> None:
    water = make_universe("Water")
    import_csv(b"source_ref,title,universes\nl1,One,Water\nl2,Two,\n", kind="listings")
    import_csv(b"company_name,universe\nAcme,Water\nBolt,\n", kind="buyers")
    for kind, name in (("listings", "One"), ("buyers", "Acme"), ("universes", "Water")):
        lines = list(export_csv(kind=kind, universe=water))  # type: ignore[arg-type]
        assert len(lines) == 2
        assert name in lines[1]


def test_ten_thousand_rows_take_seconds() -> None:
    make_universe("Water")
    rows = (f"r{n},Water,Company {n:05d},FL,water; fire,{n},{n + 5}\n" for n in range(10_000))
    content = (
        "source_ref,universe,company_name,hq_state,target_services,target_revenue_min,target_revenue_max\n"
    )
    began = time.perf_counter()
    result = import_csv((content + "".join(rows)).encode(), kind="buyers")
    assert result.created == Buyer.objects.count() == 10_000
    assert time.perf_counter() - began < 20


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_one_file_at_once_leave_every_row_once() -> None:
    make_universe("Water")
    rows = "".join(f"r{n},Water,Company {n}\n" for n in range(500))
    content = f"source_ref,universe,company_name\n{rows}".encode()
    barrier = Barrier(2)

    def run() -> int:
        try:
            barrier.wait(timeout=30)
            return import_csv(content, kind="buyers").rows
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        results = [future.result() for future in [pool.submit(run), pool.submit(run)]]
    assert results == [500, 500]
    assert Buyer.objects.count() == 500
