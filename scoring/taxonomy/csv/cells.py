"""What the cells of metrics may hold: days, rates, amounts and figures with a fraction."""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from queueproject.csvimport import refuse

_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3}){1,5}(\.\d{1,15})?")
_CENT = Decimal("0.01")


def read_day(cell: Any) -> date:
    """Return a day written as 2026-06-25."""
    try:
        return date.fromisoformat(cell) if len(cell) == 10 else date.fromisoformat("")
    except ValueError:
        refuse("not a day; write it as 2026-06-25")


def read_number(cell: Any) -> Decimal | None:
    """Return the number a cell holds, None when it is empty; the decimal mark is a point."""
    if not cell:
        return None
    if not (_NUMBER.fullmatch(cell) or _GROUPED.fullmatch(cell)):
        refuse("not a number; write it with a decimal point, such as 12.56")
    return Decimal(cell.replace(",", ""))


def read_amount(cell: Any) -> Decimal | None:
    """Return an amount of money, rounded half up to cents; None when the cell is empty."""
    number = read_number(cell)
    return None if number is None else number.quantize(_CENT, rounding=ROUND_HALF_UP)


def read_rate(cell: Any) -> float | None:
    """Return a rate from 0 to 1, written so or in percent with its sign; None when the cell is empty."""
    number = read_number(cell.removesuffix("%").rstrip())
    if number is None:
        return None
    return float(number / 100 if cell.endswith("%") else number)


def read_days_covered(cell: Any) -> int:
    """Return how many days a row covers: 1, or 7 for a week."""
    if cell not in ("1", "7"):
        refuse("must be 1 for a day or 7 for a week")
    return int(cell)
