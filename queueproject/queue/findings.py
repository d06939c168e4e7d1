"""What may be wrong with the queue, and how bad it is; pure."""

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any


class Level(IntEnum):
    """How bad it is; the exit code of `queue_health`."""

    HEALTHY = 0
    WARNING = 1
    CRITICAL = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a stable code, a sentence for staff, and what to do."""

    code: str
    level: Level
    sentence: str
    remedy: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"level": self.level.word}


def worst_level(findings: list[Finding]) -> Level:
    return max((finding.level for finding in findings), default=Level.HEALTHY)


def in_words(seconds: float) -> str:
    """Write a length of time as people say it: 12 s, 5 min, 3 h."""
    if seconds < 120:
        return f"{int(seconds)} s"
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
