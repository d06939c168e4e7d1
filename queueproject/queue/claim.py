"""Claim: take work off the open lanes, within every budget, under fresh lease tokens.

One transaction, locks in the order worker → providers → jobs. Lanes that call nobody (`local`)
wait for no provider lock, so any number of drains claim from them at once.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from queueproject.queue import batches, conf, grants, sql, transitions
from queueproject.queue.registry import KINDS, LOCAL

Mark = tuple[float, int]
Row = dict[str, Any]
Settings = Mapping[tuple[str, str], Any]
LOWEST: Mark = (-math.inf, 0)
PROMOTED_AT_ONCE = 1000


@dataclass
class Claim:
    """What a claim brought: groups of rows, each group under one token, and when to look again.

    `more` are lanes with work it left, `full` those the drain itself had no capacity for, `named` the
    jobs that stand on the worker's row as started; `stamp` is the database's time when it looked around.
    """

    stamp: datetime | None = None
    groups: list[list[Row]] = field(default_factory=list)
    more: set[str] = field(default_factory=set)
    full: set[str] = field(default_factory=set)
    frees_at: datetime | None = None
    alive: bool = True
    named: list[int] = field(default_factory=list)
    marks: dict[str, Mark] = field(default_factory=dict)
    promoted: dict[str, Mark] = field(default_factory=dict)

    def look_again_at(self, moment: datetime | None) -> None:
        """Note when a budget gets something back; the earliest counts."""
        if moment and (self.frees_at is None or moment < self.frees_at):
            self.frees_at = moment


def many_of(kind: str) -> int:
    known = KINDS.get(kind)
    return known.many if known else 1


def widest_group(lane: str) -> int:
    return max((kind.many for kind in KINDS.values() if lane in kind.providers), default=1)


def claim(
    *,
    worker_id: int,
    capacity: Callable[[str], int],
    marks: Mapping[str, Mark] | None = None,
    first: int = 0,
    note_settings: Callable[[Settings], None] = lambda _: None,
) -> Claim:
    """Take what may run now. `capacity(lane)` is how many groups the drain can start or queue.

    `marks` are the drain's low water marks: nothing below them is looked at. Of local work the `first`
    so many jobs are named as started. `note_settings` hears what staff have set before `capacity` is asked.
    """
    with transaction.atomic():
        seen = _look_around(marks or {}, worker_id=worker_id)
        stamp = seen[0]["stamp"]
        if not seen[0]["alive"]:
            return Claim(stamp, alive=False)
        settings = conf.parse(seen[0]["settings"])
        note_settings(settings)
        lanes = [row for row in seen if _may_be_looked_at(row, settings)]
        full = {row["key"] for row in lanes if capacity(row["key"]) <= 0}
        lanes = [row for row in lanes if row["key"] not in full]
        result = Claim(stamp, full=full)
        if lanes:
            _claim_from(
                lanes, worker_id=worker_id, capacity=capacity, first=first, overrides=settings, result=result
            )
        return result


def take_heard(
    *, worker_id: int, capacity: int, first: int, mark: Mark | None, overrides: Settings
) -> Claim | None:
    """Take local work that a wake told of, in one statement; None where it must look around first.

    On an idle queue a job waits for every trip to the database: looking around first was half of its wait.
    """
    result = Claim()
    step = conf.get("local_step_seconds", overrides=overrides)
    _take_head(
        LOCAL,
        capacity,
        low=mark or LOWEST,
        first=first,
        step=step,
        worker_id=worker_id,
        looked=False,
        result=result,
    )
    return result if result.groups else None


def _look_around(marks: Mapping[str, Mark], *, worker_id: int) -> list[Row]:
    """Return the open lanes; of none, and of a worker that was declared dead, one row that says so."""
    return sql.rows(
        "look_around",
        worker=worker_id,
        lanes=list(marks),
        low_keys=[mark[0] for mark in marks.values()],
        low_ids=[mark[1] for mark in marks.values()],
    )


def _may_be_looked_at(lane: Row, settings: Settings) -> bool:
    has_work = lane["has_pending"] or lane["has_due"]
    return bool(has_work) and conf.get("queue_enabled", provider=lane["key"], overrides=settings)


def _claim_from(
    lanes: list[Row],
    *,
    worker_id: int,
    capacity: Callable[[str], int],
    first: int,
    overrides: Mapping[tuple[str, str], Any],
    result: Claim,
) -> None:
    low = {row["key"]: LOWEST if row["low_key"] is None else (row["low_key"], row["low_id"]) for row in lanes}
    rooms, clocks = _open_rooms(lanes, worker_id=worker_id, capacity=capacity, result=result)
    due = [row["key"] for row in lanes if row["has_due"]]
    if due:
        head_start = conf.get("head_start_seconds_per_point", overrides=overrides)
        for row in transitions.promote(lanes=due, head_start=head_start, most=PROMOTED_AT_ONCE):
            mark = (row["sort_key"], 0)
            low[row["provider_id"]] = min(low[row["provider_id"]], mark)
            result.promoted[row["provider_id"]] = min(result.promoted.get(row["provider_id"], mark), mark)
    # Rows of paused batches may lie at the head until they are held: then it is looked at before it is taken.
    heads = {row["key"]: rooms.pop(row["key"]) for row in lanes if not row["metered"] and not row["pauses"]}
    takes = {
        lane: _rows_for(lane, room.groups, metered=lane in clocks)
        for lane, room in rooms.items()
        if room.groups > 0
    }
    step = conf.get("local_step_seconds", overrides=overrides)
    if takes:
        picked = sql.rows(
            "pick",
            lanes=list(takes),
            takes=list(takes.values()),
            low_keys=[low[lane][0] for lane in takes],
            low_ids=[low[lane][1] for lane in takes],
        )
        _take(
            picked,
            rooms=rooms,
            clocks=clocks,
            takes=takes,
            local_step=step,
            worker_id=worker_id,
            result=result,
        )
    for lane, room in heads.items():
        _take_head(
            lane,
            room.groups,
            low=low[lane],
            first=first,
            step=step,
            worker_id=worker_id,
            looked=True,
            result=result,
        )


def _take_head(
    lane: str,
    most: int,
    *,
    low: Mark,
    first: int,
    step: float,
    worker_id: int,
    looked: bool,
    result: Claim,
) -> None:
    """Take what is next of a lane that calls nobody: no budget is asked, so one statement does."""
    rows = transitions.take_head(
        lane=lane, low=low, most=most, first=first, step=step, worker=worker_id, looked=looked
    )
    if not rows:
        return
    result.named = [row["id"] for row in rows[:first]]
    result.groups += grants.make_groups(rows, many=many_of, cut=False)
    result.marks[lane] = (rows[-1]["sort_key"], rows[-1]["id"])
    if len(rows) >= most:
        result.more.add(lane)


def _rows_for(lane: str, groups: int, *, metered: bool) -> int:
    """Return how many rows to look at for so many groups; where nothing is metered, rows are counted."""
    wide = widest_group(lane) if metered else 1
    return groups if wide == 1 else (groups + 1) * wide


def _open_rooms(
    lanes: list[Row], *, worker_id: int, capacity: Callable[[str], int], result: Claim
) -> tuple[dict[str, grants.Room], dict[str, Row]]:
    """Lock the metered lanes and work out what each has left."""
    rooms = {row["key"]: grants.Room(capacity(row["key"]), 1, ()) for row in lanes if not row["metered"]}
    metered = [row["key"] for row in lanes if row["metered"]]
    if not metered:
        return rooms, {}
    locked = {row["key"]: row for row in sql.rows("lock_lanes", lanes=metered)}
    result.more.update(set(metered) - set(locked))
    uses = budget_uses(list(locked))
    flights = {
        row["provider"]: row for row in sql.rows("count_in_flight", lanes=list(locked), worker=worker_id)
    }
    for lane, row in locked.items():
        flight = flights.get(lane, {"leases": 0, "other_workers": 0})
        most = 1 if row["probing"] else row["max_in_flight"]
        groups = min(most - flight["leases"], capacity(lane))
        others = row["max_concurrent_workers"]
        if others is not None and flight["other_workers"] >= others:
            groups = 0
        room = grants.Room(groups, row["rate_factor"], uses.get(lane, ()))
        room.groups = int(max(0, min(room.groups, room.left("calls"))))
        rooms[lane] = room
        if room.groups == 0:
            result.more.add(lane)
        result.look_again_at(room.frees_at())
    return rooms, locked


def budget_uses(lanes: list[str]) -> dict[str, list[grants.BudgetUse]]:
    """Return the limited budgets of these lanes with what is in use now."""
    uses: dict[str, list[grants.BudgetUse]] = {}
    for row in sql.rows("sum_budgets", lanes=lanes) if lanes else ():
        uses.setdefault(row["provider"], []).append(
            grants.BudgetUse(
                currency=row["currency"],
                limit=row["amount_limit"],
                window_seconds=row["window_seconds"],
                used=row["used"],
                frees_at=row["frees_at"],
                paces=row["kind"] == "interval",
            )
        )
    return uses


def _take(
    picked: list[Row],
    *,
    rooms: dict[str, grants.Room],
    clocks: dict[str, Row],
    takes: dict[str, int],
    local_step: float,
    worker_id: int,
    result: Claim,
) -> None:
    by_lane: dict[str, list[Row]] = {lane: [] for lane in takes}
    for row in sorted(picked, key=lambda row: (row["sort_key"], row["id"])):
        by_lane[row["provider_id"]].append(row)
    reservations: list[tuple[str, str, int, int]] = []
    moves: list[tuple[str, bool, float]] = []
    never: list[transitions.Moved] = []
    for lane, rows in by_lane.items():
        room = rooms[lane]
        cut = len(rows) >= takes[lane]
        paused = [row["id"] for row in rows if row["batch_paused"]]
        if paused:
            transitions.hold(paused)
        ready = [row for row in rows if not row["batch_paused"]]
        _correct_estimates(ready, clocks.get(lane), limit=room.limit_of("tokens"))
        groups = grants.make_groups(ready, many=many_of, cut=cut)
        taken = _fill(room, groups, reservations if lane in clocks else None, never, result)
        result.groups += taken
        if cut or len(taken) < len(groups) or paused:
            result.more.add(lane)
        mark = _next_mark(ready, taken)
        if mark:
            result.marks[lane] = mark
        emptied = not cut and len(taken) == len(groups)
        each = [_lane_seconds(room, group) if lane in clocks else local_step for group in taken]
        moves.append((lane, emptied, sum(each, 0.0)))
    _write(result.groups, worker_id=worker_id, reservations=reservations, moves=moves)
    batches.count([batches.Count(job, failed=job.units) for job in never])


def _lane_seconds(room: grants.Room, group: list[Row]) -> float:
    """Return how far a group moves its lane's clock: as far apart as enqueue lays such calls."""
    tokens = sum(row["tokens"] for row in group)
    return grants.step_seconds(room.budgets, calls=group[0]["calls"], tokens=tokens)


def _correct_estimates(rows: list[Row], lane: Row | None, *, limit: float) -> None:
    """Work out what to reserve for each row: its estimate, by what such calls took of theirs lately."""
    ratios = json.loads(lane["ratios"] or "{}") if lane else {}
    for row in rows:
        row["tokens"] = grants.correct(
            row["estimated_tokens"], ratio=ratios.get(row["kind"], 1.0), limit=limit
        )


def _next_mark(ready: list[Row], taken: list[list[Row]]) -> Mark | None:
    """Return where the next claim may start: the first row left, else the last one taken."""
    gone = {row["id"] for group in taken for row in group}
    left = [(row["sort_key"], row["id"]) for row in ready if row["id"] not in gone]
    return min(left) if left else max(((row["sort_key"], row["id"]) for row in ready), default=None)


def _fill(
    room: grants.Room,
    groups: list[list[Row]],
    reservations: list[tuple[str, str, int, int]] | None,
    never: list[transitions.Moved],
    result: Claim,
) -> list[list[Row]]:
    """Take groups in strict order until one does not fit; a large one is not passed by small ones."""
    taken = []
    for group in groups:
        leader = group[0]
        _shrink(group, room.limit_of("tokens"))
        if words := _say_never_fits(room, leader):
            never += transitions.fail_waiting([leader["id"]], error=words)
            continue
        amounts = {"calls": leader["calls"], "tokens": sum(row["tokens"] for row in group)}
        if not room.fits(amounts):
            result.look_again_at(room.frees_at(amounts) if room.groups else None)
            break
        room.take(amounts)
        for row in group:
            row["lease_token"] = leader["lease_token"]
        taken.append(group)
        if reservations is not None:
            reservations += [
                (leader["provider_id"], currency, leader["lease_token"], amount)
                for currency, amount in amounts.items()
                if amount
            ]
    return taken


def _shrink(group: list[Row], limit: float) -> None:
    """Leave off the end of a group what a budget could never let through at once."""
    while len(group) > 1 and sum(row["tokens"] for row in group) > limit:
        group.pop()


def _say_never_fits(room: grants.Room, row: Row) -> str:
    """Say why a job can never run under its budgets; empty when it can."""
    for currency, amount in (("calls", row["calls"]), ("tokens", row["estimated_tokens"])):
        limit = room.limit_of(currency)
        if amount > limit:
            return f"needs {amount} {currency}, the budget allows {limit:g}: raise the limit, then retry"
    return ""


def _write(
    groups: list[list[Row]],
    *,
    worker_id: int,
    reservations: list[tuple[str, str, int, int]],
    moves: list[tuple[str, bool, float]],
) -> None:
    rows = [row for group in groups for row in group]
    if rows:
        transitions.take(
            ids=[row["id"] for row in rows], tokens=[row["lease_token"] for row in rows], worker=worker_id
        )
    if reservations:
        providers, currencies, tokens, amounts = map(list, zip(*reservations, strict=True))
        sql.run(
            "reserve",
            providers=providers,
            currencies=currencies,
            tokens=tokens,
            amounts=amounts,
            worker=worker_id,
        )
    if moves:
        lanes, emptied, seconds = map(list, zip(*moves, strict=True))
        sql.run("advance_clock", lanes=lanes, emptied=emptied, seconds=seconds)
