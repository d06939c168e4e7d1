"""Re-ranking: a changed head start moves the keys of all live jobs, chunk by chunk.

How far it got stands beside the settings, and moves in each chunk's transaction: whoever comes next goes
on where a crash cut it short, and no job is moved twice.
"""

from django.db import transaction
from django.db.models import Max

from queueproject.queue import sql, wake
from queueproject.queue.models import Job, Provider, Setting

KEY = "ranks being moved"
CHUNK = 5000


def begin(*, seconds_per_point: float) -> None:
    """Note by how much the jobs there are must move; called in the transaction that changes the setting."""
    while _move_chunk(wait=True):
        continue
    newest = Job.objects.aggregate(newest=Max("id"))["newest"] or 0
    facts = {"seconds_per_point": seconds_per_point, "after": 0, "newest": newest}
    Setting.objects.create(key=KEY, value=facts)


def go_on() -> None:
    """Move what is left, a transaction a chunk; then wake all lanes, for what came first may not any more."""
    while _move_chunk():
        continue


def _move_chunk(*, wait: bool = False) -> bool:
    """Move one chunk; return whether there is more. One that somebody else is moving is left to them."""
    with transaction.atomic():
        row = Setting.objects.select_for_update(skip_locked=not wait).filter(key=KEY).first()
        if row is None:
            return False
        # Where a table was analysed while next to empty, each of many chunks would read it whole.
        sql.value("prefer_indexes")
        moved = sql.rows("shift_ranks", **row.value, most=CHUNK)
        if len(moved) == CHUNK:
            row.value["after"] = max(job["id"] for job in moved)
            row.save(update_fields=["value"])
            return True
        row.delete()
        for lane in Provider.objects.values_list("key", flat=True):
            wake.tell(lane, sort_key=float("-inf"))
    return False
