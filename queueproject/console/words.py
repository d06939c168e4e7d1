"""How pages write numbers, times, settings and changes; pure."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from queueproject.queue.conf import Knob
from queueproject.queue.selectors.lanes import MOST_COUNTED

NEAR_SECONDS = 300
UNITS = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def thousands(number: float | None) -> str:
    """Write 12345 as 12,345; nothing as a dash."""
    return "–" if number is None else f"{number:,}"


def count_words(number: int, word: str, plural: str = "") -> str:
    """Write "1 deal" or "1,200 deals"."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def capped(number: int) -> str:
    """Write a count that stopped at 10,001 as "10,000+"."""
    return f"{MOST_COUNTED - 1:,}+" if number >= MOST_COUNTED else f"{number:,}"


def duration(seconds: float | None) -> str:
    """Write seconds in the largest unit that fits, and below ten of it with the next one too."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{max(0, int(seconds * 1000 + 0.5))} ms"
    for size, word, smaller_size, smaller in UNITS:
        if seconds >= size:
            whole, rest = divmod(int(seconds), size)
            left = rest // smaller_size
            return f"{whole} {word} {left} {smaller}" if left and whole < 10 else f"{whole} {word}"
    if seconds < 10 and seconds != int(seconds):
        return f"{int(seconds * 10 + 0.5) / 10:g} s"
    return f"{int(seconds)} s"


def age(seconds: float) -> str:
    """Write how old something is, in one unit: nobody reads the rest."""
    for size, word, *_ in UNITS:
        if seconds >= size:
            return f"{int(seconds) // size} {word}"
    return f"{int(max(1, seconds))} s"


def clock(value: datetime | None) -> str:
    """Write a moment as clock time: to the second when it is near, with the date unless it is today."""
    if value is None:
        return "–"
    local, now = timezone.localtime(value), timezone.localtime()
    if abs((local - now).total_seconds()) < NEAR_SECONDS:
        return f"{local:%H:%M:%S}"
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%a %-d %b %H:%M}"


def words(name: object) -> str:
    """Write a stored word as people read it."""
    return str(name).replace("_", " ")


def pretty(value: Any) -> str:
    """Write JSON indented."""
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=isinstance(value, Mapping))


def value_words(value: Any) -> str:
    """Write a setting's value: on, off, a number without needless zeros, JSON."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def bounds(knob: Knob) -> str:
    """Write what a setting may be."""
    if isinstance(knob.default, bool):
        return "on or off"
    if isinstance(knob.default, Mapping):
        return "positive numbers"
    if knob.maximum == float("inf"):
        return f"{value_words(knob.minimum)} or more"
    return f"{value_words(knob.minimum)} to {value_words(knob.maximum)}"


def change(before: Any, after: Any) -> str:
    """Write what a change made of what."""
    if before is None and after is None:
        return ""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        return "; ".join(
            f"{words(name)} {_side(before.get(name))} → {_side(after.get(name))}" for name in names
        )
    return f"{_side(before)} → {_side(after)}"


def _side(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return ", ".join(f"{words(name)} {_side(part)}" for name, part in value.items())
    return value_words(value)
