"""Turn the real companies of `QUEUEPROJECT_DATA_DIR` into import files; what the sources lack stays empty."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

BUYER_CATEGORIES = frozenset({"software", "web", "enterprise", "network_hosting", "security", "mobile"})
_SHELL_WORDS = ("blank check", "business combination")

Record = dict[str, str]


def _read(path: Path) -> list[Record]:
    with path.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened, strict=True))


def _write(path: Path, columns: list[str], rows: Iterable[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def _join(items: Iterable[str]) -> str:
    return "; ".join(item.replace("\\", "\\\\").replace(";", "\\;") for item in dict.fromkeys(items) if item)


def _describe_deal(deal: Record) -> str:
    price = f", {deal['price_currency']} {deal['price_amount']}" if deal["price_amount"] else ""
    return f"{deal['company_name']} ({deal['acquired_at']}{price})"


def make_buyers_csv(source: Path, directory: Path, *, universe: str = "", limit: int | None = None) -> Path:
    """Write `buyers.csv`: US acquirers of the software trades with state and category (458)."""
    deals: dict[str, list[Record]] = defaultdict(list)
    for deal in _read(source / "remarketing" / "acquired_companies.csv"):
        deals[deal["acquirer_id"]].append(deal)
    columns = [
        "source_ref",
        "universe",
        "company_name",
        "hq_city",
        "hq_state",
        "industry_vertical",
        "recent_acquisitions",
        "target_industries",
        "target_geographies",
    ]
    rows = []
    for buyer in _read(source / "remarketing" / "acquirers.csv"):
        if buyer["country"] != "USA" or not buyer["state"] or buyer["category"] not in BUYER_CATEGORIES:
            continue
        bought = deals[buyer["acquirer_id"]]
        rows.append(
            [
                buyer["acquirer_id"],
                universe,
                buyer["name"],
                buyer["city"],
                buyer["state"],
                buyer["category"],
                _join(_describe_deal(deal) for deal in bought),
                _join(deal["category"] for deal in bought),
                _join(deal["state"] for deal in bought),
            ]
        )
    return _write(directory / "buyers.csv", columns, rows[:limit])


def make_listings_csv(source: Path, directory: Path, *, universe: str = "", limit: int | None = None) -> Path:
    """Write `listings.csv`: small software companies that operate (32); no figures are known."""
    rows = [
        [
            company["symbol"],
            company["name"],
            universe,
            f"{company['city']}, {company['state']}",
            company["industry"],
            company["summary"],
        ]
        for company in _read(source / "remarketing" / "small_companies.csv")
        if company["industry_group"] == "Software & Services" and not is_shell(company)
    ]
    columns = ["source_ref", "title", "universes", "location", "category", "description"]
    return _write(directory / "listings.csv", columns, rows[:limit])


def make_large_listings_csv(source: Path, directory: Path) -> Path:
    """Write `large_listings.csv`: big companies with revenue and EBITDA, for the rules of size (226)."""
    rows = []
    for company in _read(source / "remarketing" / "large_companies.csv"):
        if company["market_cap_usd"] and company["price_to_sales"] and company["ebitda_usd"]:
            revenue = round(int(company["market_cap_usd"]) / float(company["price_to_sales"]))
            place = f"{company['hq_city']}, {company['hq_region']}"
            figures = [str(revenue), company["ebitda_usd"]]
            rows.append([company["symbol"], company["name"], *figures, place, company["sub_industry"]])
    columns = ["source_ref", "title", "revenue", "ebitda", "location", "category"]
    return _write(directory / "large_listings.csv", columns, rows)


def is_shell(company: Record) -> bool:
    """Say whether a company only exists to buy another."""
    return any(word in company["summary"].lower() for word in _SHELL_WORDS)
