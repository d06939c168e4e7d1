"""The columns of the two CSV files: what each holds, what its cells may say, what else it is called."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, StringConstraints

from queueproject.csvimport import Choice, CsvRow, Flag, JsonObject
from queueproject.csvimport.cells import read_whole_number
from scoring.taxonomy.csv.cells import read_amount, read_day, read_days_covered, read_number, read_rate
from scoring.taxonomy.models.checks import LARGEST_COUNT, LARGEST_MONEY
from scoring.taxonomy.models.node import DEEPEST, LAST_POSITION
from scoring.taxonomy.models.words import ContentStatus, MetricSource, NodeSource

Id = Annotated[str, StringConstraints(max_length=200)]
Long = Annotated[str, StringConstraints(max_length=20_000)]
Count = Annotated[int | None, Field(ge=0, le=LARGEST_COUNT), BeforeValidator(read_whole_number)]

Day = Annotated[date, BeforeValidator(read_day)]
Money = Annotated[Decimal | None, Field(ge=0, le=LARGEST_MONEY), BeforeValidator(read_amount)]
Rate = Annotated[float | None, Field(ge=0, le=1), BeforeValidator(read_rate)]
Position = Annotated[float | None, Field(ge=0, le=LAST_POSITION), BeforeValidator(read_number)]
Seconds = Annotated[float | None, Field(ge=0, le=1_000_000), BeforeValidator(read_number)]
Depth = Annotated[int | None, Field(ge=1, le=DEEPEST), BeforeValidator(read_whole_number)]
Place = Annotated[int | None, Field(ge=0, le=10_000_000), BeforeValidator(read_whole_number)]
Products = Annotated[int | None, Field(ge=0, le=1_000_000_000), BeforeValidator(read_whole_number)]


def _about(text: str, default: Any = "") -> Any:
    return Field(default=default, description=text)


class NodeRow(CsvRow):
    """One node: a category or product type."""

    column_aliases: ClassVar[Mapping[str, str]] = {
        "id": "node_id",
        "external_id": "node_id",
        "category_id": "node_id",
        "parent": "parent_id",
        "parent_external_id": "parent_id",
        "name": "title",
        "products": "product_count",
    }
    ignored_columns: ClassVar[frozenset[str]] = frozenset({"listed", "subcategory_count"})

    node_id: Id = _about("its id in the shop; without this column the path is the id")
    parent_id: Id = _about("id of its parent, in this file or imported before; empty at the root")
    path: Annotated[str, StringConstraints(max_length=20_000)] = _about(
        "titles from the root joined by ' > '; places the nodes where there is no parent_id, else is compared"
    )
    title: Annotated[str, StringConstraints(max_length=500)] = _about(
        "what it is called; without this column the last part of the path"
    )
    depth: Depth = _about("1 at the root; only compared with what the parents make it", None)
    position: Place = _about("its place among its siblings; without it the file's order", None)
    url: Annotated[str, StringConstraints(max_length=2_000)] = _about("address of its page")
    meta_title: Long = _about("title that search engines show")
    meta_description: Long = _about("description that search engines show")
    product_count: Products = _about("products at or below it; empty means unknown", None)
    content_status: Annotated[str, Choice(ContentStatus.values)] = _about(", ".join(ContentStatus.values))
    source: Annotated[str, Choice(NodeSource.values)] = _about(", ".join(NodeSource.values))
    metadata: JsonObject = _about("JSON object of anything else", {})


class MetricCsvRow(CsvRow):
    """What one source measured on a node on a day, or in the week that begins with it."""

    column_aliases: ClassVar[Mapping[str, str]] = {
        "id": "node_id",
        "external_id": "node_id",
        "category_id": "node_id",
        "day": "date",
        "week_start": "date",
        "revenue_usd": "revenue",
        "average_position": "position",
        "synthetic": "is_synthetic",
    }
    ignored_columns: ClassVar[frozenset[str]] = frozenset({"households", "ctr", "conversion_rate", "path"})

    node_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        description="id of a node of the project"
    )
    date: Day = Field(description="the day, or the first of the week")
    source: Annotated[str, Choice(MetricSource.values)] = _about(
        f"{', '.join(MetricSource.values)}; without this column the one named with the import"
    )
    days_covered: Annotated[int, BeforeValidator(read_days_covered)] = _about(
        "1, or 7 for a week; without this column what is named with the import", 1
    )
    impressions: Count = _about("times shown in search results (gsc)", None)
    clicks: Count = _about("clicks in search results (gsc)", None)
    position: Position = _about("mean position in search results (gsc)", None)
    sessions: Count = _about("visits (ga4)", None)
    revenue: Money = _about("money, rounded to cents (shopify, else ga4)", None)
    transactions: Count = _about("orders or baskets (shopify, else ga4)", None)
    bounce_rate: Rate = _about("0 to 1, or in percent with its sign (ga4)", None)
    avg_session_duration: Annotated[float | None, Field(ge=0, le=1_000_000), BeforeValidator(read_number)] = (
        _about("seconds (ga4)", None)
    )
    is_synthetic: Flag = _about("yes when the figures are made up", default=False)
