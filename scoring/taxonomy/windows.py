"""Read the months of many nodes at once."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta

from scoring.taxonomy.models import NodeMetric
from scoring.taxonomy.rules.facts import WINDOW_DAYS, MetricRow, MetricWindow, gather


def read_windows(node_ids: Collection[int], *, as_of: date) -> dict[int, MetricWindow]:
    """Return the month that ends on `as_of` of each node, an empty one without metrics; in one query."""
    first = as_of - timedelta(days=WINDOW_DAYS - 1)
    rows = NodeMetric.objects.filter(node__in=list(node_ids), date__range=(first, as_of))
    found: defaultdict[int, list[MetricRow]] = defaultdict(list)
    for node_id, *figures in rows.values_list("node_id", *MetricRow._fields):
        found[node_id].append(MetricRow._make(figures))
    return {node_id: gather(found.get(node_id, ()), as_of=as_of) for node_id in node_ids}
