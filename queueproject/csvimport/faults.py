"""Faults of a CSV file, as people read them."""

from dataclasses import asdict, dataclass, field

VALUE_LENGTH = 60


def cut(value: str) -> str:
    """Shorten a cell to what fits a message, on one line."""
    flat = " ".join(value.replace("\x00", "␀").split())
    return flat if len(flat) <= VALUE_LENGTH else flat[: VALUE_LENGTH - 1] + "…"


@dataclass(frozen=True)
class Fault:
    """One thing wrong: physical line (1 is the header), column ("" for the whole line), value, reason."""

    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.reason}" + (f" (found: {self.value})" if self.value else "")

    def as_dict(self) -> dict[str, str | int]:
        """Return the four parts, for JSON."""
        return asdict(self)


@dataclass
class Faults:
    """The first `limit` faults and the count of all."""

    limit: int = 100
    kept: list[Fault] = field(default_factory=list)
    count: int = 0

    def add(self, *, line: int, column: str, value: str, reason: str) -> None:
        """Count a fault, and keep it while there is room."""
        self.count += 1
        if len(self.kept) < self.limit:
            self.kept.append(Fault(line=line, column=column, value=cut(value), reason=reason))

    def __bool__(self) -> bool:
        return self.count > 0


class CsvRefused(Exception):
    """The file has faults, so nothing of it was taken over."""

    def __init__(self, faults: Faults) -> None:
        super().__init__(f"{faults.count} fault(s), nothing was imported; the first: {faults.kept[0]}")
        self.faults = faults
