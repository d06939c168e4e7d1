"""Makers of CHECK constraints, so that every table refuses the same nonsense in the same way."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Exact, Regex

# Above every real price, below what a bigint holds: a slip of the keyboard stops here.
LARGEST_AMOUNT = 10**15


def make_source_ref() -> str:
    """Return an external id for a row made here, so that its export can be imported again."""
    return f"own-{uuid4().hex[:16]}"


def check(table: str, name: str, condition: "Q | Exact[Any] | Regex", message: str) -> models.CheckConstraint:
    """Return a CHECK named after its table; `message` is what a form says."""
    return models.CheckConstraint(
        condition=condition,
        name=f"remarketing_{table}_{name}",
        violation_error_message=message,
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


def between(table: str, field: str, low: int, high: int) -> models.CheckConstraint:
    """Refuse a number outside low..high; NULL passes."""
    condition = Q(**{f"{field}__gte": low, f"{field}__lte": high})
    return check(table, f"{field}_in_range", condition, f"{field} must lie between {low} and {high}.")


def amounts(table: str, fields: Sequence[str], *, low: int = 0) -> list[models.CheckConstraint]:
    """Refuse amounts of money below `low` or above the largest believable one."""
    return [between(table, field, low, LARGEST_AMOUNT) for field in fields]


def ordered(table: str, low: str, high: str) -> models.CheckConstraint:
    """Refuse a minimum above its maximum; an open end passes."""
    return check(table, f"{low}_below_max", Q(**{f"{low}__lte": F(high)}), f"{low} must not exceed {high}.")


def currency_code(table: str) -> models.CheckConstraint:
    """Refuse a currency that is not three capital letters."""
    return check(
        table,
        "currency_code",
        Q(currency__regex=r"^[A-Z]{3}$"),
        "currency must be three capital letters, such as USD.",
    )


def state_code(table: str, field: str) -> models.CheckConstraint:
    """Refuse a state that is neither empty nor two capital letters."""
    return check(
        table,
        f"{field}_code",
        Q(**{f"{field}__regex": r"^([A-Z]{2})?$"}),
        f"{field} must be two capital letters.",
    )


def state_codes(table: str, field: str) -> models.CheckConstraint:
    """Refuse a list of states with an entry that is not two capital letters."""
    joined = Func(
        F(field), Value(","), Value("?"), function="array_to_string", output_field=models.TextField()
    )
    return check(
        table,
        f"{field}_codes",
        Regex(joined, Value(r"^([A-Z]{2}(,[A-Z]{2})*)?$")),
        f"{field} must hold two-letter states only.",
    )


def no_blank_items(table: str, fields: Sequence[str]) -> list[models.CheckConstraint]:
    """Refuse lists with an empty entry."""
    return [
        check(
            table,
            f"{field}_items",
            ~Q(**{f"{field}__contains": [""]}),
            f"{field} must not hold an empty entry.",
        )
        for field in fields
    ]


def known_words(table: str, field: str, words: type[models.TextChoices]) -> models.CheckConstraint:
    """Refuse a list with a word outside the closed set."""
    condition = Q(**{f"{field}__contained_by": list(words.values)})
    return check(table, f"{field}_known", condition, f"{field} may hold {', '.join(words.values)} only.")
