"""Makers of CHECK constraints and of money columns, so that every table refuses the same nonsense."""

from decimal import Decimal
from typing import Any, Final

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact

# What Decimal(14, 2) holds; the formulas cut their figures to it.
LARGEST_MONEY: Final = Decimal("999999999999.99")
# Above every real count of a day or week, below what sums of a month can hold.
LARGEST_COUNT: Final = 10**11


def money(help_text: str = "", *, null: bool = False) -> "models.DecimalField[Any, Any]":
    """Return a column for money in the shop's currency, with two decimals."""
    default = {"null": True, "blank": True} if null else {"default": Decimal(0)}
    return models.DecimalField(max_digits=14, decimal_places=2, help_text=help_text, **default)


def check(table: str, name: str, condition: "Q | Exact[Any]", message: str) -> models.CheckConstraint:
    """Return a CHECK named after its table; `message` is what a form says."""
    return models.CheckConstraint(
        condition=condition, name=f"taxonomy_{table}_{name}", violation_error_message=message
    )


def not_blank(table: str, field: str) -> models.CheckConstraint:
    """Refuse text without a visible character."""
    return check(table, f"{field}_not_blank", Q(**{f"{field}__regex": r"\S"}), f"{field} must not be blank.")


def known_word(
    table: str, field: str, words: type[models.TextChoices], *, optional: bool = False
) -> models.CheckConstraint:
    """Refuse a word outside the closed set; `optional` admits the empty one."""
    known = [*([""] if optional else []), *words.values]
    return check(
        table,
        f"{field}_known",
        Q(**{f"{field}__in": known}),
        f"{field} must be one of {', '.join(words.values)}.",
    )


def between(
    table: str, field: str, low: "int | float | Decimal", high: "int | float | Decimal"
) -> models.CheckConstraint:
    """Refuse a number outside low..high; NULL passes, NaN does not."""
    condition = Q(**{f"{field}__gte": low, f"{field}__lte": high})
    return check(table, f"{field}_in_range", condition, f"{field} must lie between {low} and {high}.")


def money_between(table: str, *fields: str) -> list[models.CheckConstraint]:
    """Refuse negative money."""
    return [between(table, field, 0, LARGEST_MONEY) for field in fields]


def _json_type(field: str) -> "Func[Any]":
    return Func(F(field), function="jsonb_typeof", output_field=models.TextField())


def json_object(table: str, field: str) -> models.CheckConstraint:
    """Refuse JSON that is not an object; NULL passes."""
    return check(
        table, f"{field}_object", Exact(_json_type(field), Value("object")), f"{field} must be a JSON object."
    )


def json_list(table: str, field: str) -> models.CheckConstraint:
    """Refuse JSON that is not a list; NULL passes."""
    return check(
        table, f"{field}_list", Exact(_json_type(field), Value("array")), f"{field} must be a JSON list."
    )
