"""Make up search and session figures for a project, marked as such; sales are taken as measured."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Q, Sum
from django.utils import timezone

from scoring.taxonomy.csv import sql
from scoring.taxonomy.models import NodeMetric, Project
from scoring.taxonomy.models.words import MetricSource
from scoring.taxonomy.rules.choices import DEFAULT_CURVE
from scoring.taxonomy.rules.ctr import expected_ctr

WEEKS: Final = 4
DEFAULT_SEED: Final = 20_170_625
_MOST_IMPRESSIONS: Final = 3_000_000
# One node in so many is not measured at all, so that "no data" is seen too.
_UNMEASURED: Final = 12
_GIVEN: Final = ("impressions", "clicks", "position", "sessions", "bounce_rate", "avg_session_duration")
_SALES: Final = ("revenue", "transactions")


class RealMetricsPresent(Exception):
    """The project has search or session figures that were measured; made-up ones would replace them."""


@dataclass(frozen=True)
class Synthesis:
    """What was made up: rows for so many nodes, in the weeks that end on `as_of`."""

    as_of: date
    nodes: int
    rows: int
    has_made_up_sales: bool


def make_up_metrics(
    project: Project, *, seed: int = DEFAULT_SEED, as_of: date | None = None, now: datetime | None = None
) -> Synthesis:
    """Write four weeks of gsc and ga4 figures for the nodes of a project; raise RealMetricsPresent.

    The weeks end on `as_of`, by default the last day that the project has sales of, else yesterday. The same
    seed, nodes and sales give the same figures; earlier made-up ones are dropped. A project without any sales
    is given made-up ones as well.
    """
    now = now or timezone.now()
    measured = NodeMetric.objects.filter(node__project=project, is_synthetic=False)
    if measured.filter(source__in=(MetricSource.GSC, MetricSource.GA4)).exists():
        raise RealMetricsPresent(f"{project} has search or session figures that were measured")
    has_sales = measured.exists()
    end = as_of or (NodeMetric.objects.find_newest_day(project) if has_sales else None)
    end = end or now.date() - timedelta(days=1)
    with transaction.atomic():
        NodeMetric.objects.filter(node__project=project, is_synthetic=True).delete()
        sql.run("create_metric_upload")
        nodes, rows = _send(project, seed=seed, end=end, has_sales=has_sales)
        given = [*_GIVEN, *(() if has_sales else _SALES)]
        sql.run("upsert_metrics", project=project.pk, given=given, now=now)
        sql.run("drop_metric_tables")
    return Synthesis(as_of=end, nodes=nodes, rows=rows, has_made_up_sales=not has_sales)


def _send(project: Project, *, seed: int, end: date, has_sales: bool) -> tuple[int, int]:
    """Hand the rows over as they are made up; return for how many nodes, and how many."""
    first = end - timedelta(days=7 * WEEKS - 1)
    sold = Sum(
        "metrics__transactions", filter=Q(metrics__date__range=(first, end), metrics__is_synthetic=False)
    )
    nodes = project.nodes.annotate(sold=sold).values_list("external_id", "product_count", "sold")
    # All at once: a connection that copies in cannot be read from.
    known = list(nodes)
    measured = rows = 0
    with connection.cursor() as cursor, cursor.copy(sql.text("copy_metric_upload")) as copy:
        lines = count(1)
        for external_id, products, transactions in known:
            made = random.Random(f"{seed}:{external_id}")  # noqa: S311  figures for a demonstration
            weeks = list(_make_up_node(made, products=products, sold=transactions, has_sales=has_sales))
            measured += bool(weeks)
            for week, source, figures in weeks:
                day = first + timedelta(days=7 * week)
                copy.write_row([next(lines), external_id, day, source, 7, True, *figures])
                rows += 1
    return measured, rows


def _make_up_node(
    made: random.Random, *, products: int | None, sold: int | None, has_sales: bool
) -> Iterator[tuple[int, str, list[Any]]]:
    """Yield (week, source, figures) of a node, in the columns of the upload."""
    is_unmeasured = made.randrange(_UNMEASURED) == 0
    conversion = made.uniform(0.004, 0.05)
    place = 1 + 29 * made.betavariate(1.4, 2.6)
    appeal, price = made.uniform(0.3, 1.2), made.lognormvariate(3, 0.6)
    transactions = (sold or 0) / WEEKS if has_sales else (products or 1) ** 0.8 * made.uniform(0.2, 2)
    visits = transactions / conversion + made.lognormvariate(2, 1)
    for week in range(WEEKS):
        drawn = made.uniform(0.85, 1.15)
        position = round(max(1.0, place * made.uniform(0.9, 1.1)), 1)
        sessions = round(visits * drawn)
        clicks = round(sessions * made.uniform(0.7, 1.0))
        rate = min(0.9, expected_ctr(position, DEFAULT_CURVE) * appeal)
        impressions = max(clicks, min(_MOST_IMPRESSIONS, round((clicks + made.random()) / rate)))
        bounce_rate, seconds = round(made.uniform(0.25, 0.85), 3), round(made.uniform(20, 240), 1)
        orders = round(transactions * drawn)
        if not has_sales:
            yield week, MetricSource.SHOPIFY, [None] * 4 + [round(orders * price, 2), orders, None, None]
        if not is_unmeasured:
            yield week, MetricSource.GSC, [impressions, clicks, position, *[None] * 5]
            yield week, MetricSource.GA4, [None, None, None, sessions, None, None, bounce_rate, seconds]
