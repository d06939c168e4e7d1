"""Twenty and more kinds of broken rows, each refused with line, column and reason."""

import pytest

from queueproject.csvimport import CsvRow, read_csv
from scoring.remarketing.csv_rows import BuyerRow, ListingRow, UniverseRow

NOT_A_NUMBER = "not a whole number; write it in digits, such as 1500000"

BROKEN_LISTINGS = {
    "revenue in words": ("revenue", "abc", NOT_A_NUMBER),
    "negative revenue": ("revenue", "-5", "must be at least 0"),
    "revenue with a currency sign": ("revenue", "$5000", NOT_A_NUMBER),
    "revenue in millions": ("revenue", "1.5m", NOT_A_NUMBER),
    "revenue beyond belief": ("revenue", "1000000000000001", "must be at most 1000000000000000"),
    "loss beyond belief": ("ebitda", "-1000000000000001", "must be at least -1000000000000000"),
    "negative price": ("asking_price", "-1", "must be at least 0"),
    "part of a site": ("location_count", "1.5", NOT_A_NUMBER),
    "too many sites": ("location_count", "2000000", "must be at most 1000000"),
    "currency in words": ("currency", "dollars", "not a currency code; write three letters, such as USD"),
    "title too long": ("title", "x" * 301, "longer than 300 characters"),
    "no title": ("title", "", "must not be empty"),
    "no id": ("source_ref", "", "must not be empty"),
    "id too long": ("source_ref", "r" * 121, "longer than 120 characters"),
    "description too long": ("description", "d" * 20_001, "longer than 20000 characters"),
}
BROKEN_BUYERS = {
    "no name": ("company_name", " ", "must not be empty"),
    "unknown type": (
        "buyer_type",
        "bank",
        "must be one of pe_firm, platform, strategic, family_office, independent_sponsor, other",
    ),
    "unknown state": ("hq_state", "ZZ", "not a US state; write its two letters, such as TX"),
    "unknown confidence": ("thesis_confidence", "sure", "must be one of high, medium, low"),
    "negative minimum": ("target_revenue_min", "-1", "must be at least 0"),
    "city too long": ("hq_city", "c" * 121, "longer than 120 characters"),
}
BROKEN_UNIVERSES = {
    "no weight": ("service_weight", "", "must be a whole number from 0 to 100"),
    "weight above all": ("size_weight", "101", "must be at most 100"),
    "unknown state in a list": (
        "target_states",
        "FL; Zz",
        "not a US state; write its two letters, such as TX",
    ),
    "unknown mode": ("geography_mode", "strict", "must be one of critical, preferred, minimal"),
    "unknown handling": ("below_minimum_handling", "shrug", "must be one of disqualify, penalize, allow"),
    "unknown coverage": ("coverage", "worldwide", "must be one of local, regional, national"),
    "neither yes nor no": ("penalize_single_location", "perhaps", "must be yes or no"),
    "adjacency without lists": (
        "service_adjacency_map",
        '{"roofing": "siding"}',
        '"roofing" must name a list of services, such as ["siding"]',
    ),
    "a document without text": ("documents", '[{"type": "ma_guide"}]', "document 1 needs a type and a text"),
    "a document with a number": ("documents", '[{"type": "a", "text": 5}]', "document 1 may hold text only"),
    "unknown buyer type": (
        "excluded_buyer_types",
        "bank",
        "must be one of pe_firm, platform, strategic, family_office, independent_sponsor, other",
    ),
}
CASES = [
    *((ListingRow, "source_ref,title", kind, *case) for kind, case in BROKEN_LISTINGS.items()),
    *((BuyerRow, "company_name,website", kind, *case) for kind, case in BROKEN_BUYERS.items()),
    *((UniverseRow, "name", kind, *case) for kind, case in BROKEN_UNIVERSES.items()),
]


def make_file(required: str, column: str, value: str) -> bytes:
    """Return a file whose third line is good and whose second has the value."""
    columns = [*required.split(","), *([] if column in required.split(",") else [column])]
    broken = {name: f"a {name}" for name in columns} | {column: value}
    quoted = ['"' + broken[name].replace('"', '""') + '"' for name in columns]
    return f"{','.join(columns)}\n{','.join(quoted)}\n".encode()


@pytest.mark.parametrize(
    ("row", "required", "kind", "column", "value", "reason"), CASES, ids=lambda case: str(case)[:40]
)
def test_a_broken_row_is_refused_naming_line_column_and_reason(
    row: type[CsvRow], required: str, kind: str, column: str, value: str, reason: str
) -> None:
    faults = read_csv(make_file(required, column, value), row=row).faults.kept
    assert [(fault.line, fault.column, fault.reason) for fault in faults] == [(2, column, reason)], kind
    assert faults[0].value == (value.strip() if len(value) <= 60 else value[:59] + "…")


@pytest.mark.parametrize(
    ("row", "content", "column", "reason"),
    [
        (
            BuyerRow,
            "company_name,target_revenue_min,target_revenue_max\nA,5,4\n",
            "target_revenue_max",
            "target_revenue_min",
        ),
        (
            BuyerRow,
            "company_name,target_ebitda_min,target_ebitda_max\nA,5,4\n",
            "target_ebitda_max",
            "target_ebitda_min",
        ),
        (UniverseRow, "name,locations_min,locations_max\nA,5,4\n", "locations_max", "locations_min"),
    ],
)
def test_a_maximum_below_its_minimum_is_refused(
    row: type[CsvRow], content: str, column: str, reason: str
) -> None:
    (fault,) = read_csv(content.encode(), row=row).faults.kept
    assert (fault.line, fault.column, fault.value, fault.reason) == (
        2,
        column,
        "4",
        f"below {reason}, which is 5",
    )


def test_two_rows_for_one_buyer_are_refused() -> None:
    content = b"company_name,universe\nAcme,Roofing\nAcme,Water\nACME,roofing\n"
    (fault,) = read_csv(content, row=BuyerRow).faults.kept
    assert (
        str(fault)
        == "line 4, column company_name: line 2 has the same company_name and universe (found: ACME, roofing)"
    )


def test_states_words_and_numbers_are_taken_as_people_write_them() -> None:
    content = 'company_name,hq_state,buyer_type,target_revenue_min\nA,Florida,Family Office,"1,500,000"\n'
    (line,) = read_csv(content.encode(), row=BuyerRow).lines
    assert (line.row.hq_state, line.row.buyer_type, line.row.target_revenue_min) == (
        "FL",
        "family_office",
        1_500_000,
    )
