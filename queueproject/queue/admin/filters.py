"""Filters whose choices are known without asking the database."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from queueproject.queue.models import Job
from queueproject.queue.registry import KINDS, PROVIDERS
from queueproject.queue.states import Held, State


class WordFilter(admin.SimpleListFilter):
    """A filter whose words are known without asking the database."""

    column = ""

    def words(self) -> Iterable[str]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, word if "." in word else word.replace("_", " ")) for word in self.words()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(**{self.column or self.parameter_name or "": value}) if value else queryset


def word_filter(
    name: str, words: Callable[[], Iterable[str]], *, title: str = "", column: str = ""
) -> type[WordFilter]:
    """Make a filter on a column whose words are known."""
    made = {
        "title": title or name,
        "parameter_name": name,
        "column": column,
        "words": lambda self: words(),
    }
    return type(f"{name.title()}Filter", (WordFilter,), made)


KindFilter = word_filter("kind", lambda: sorted(KINDS))
StateFilter = word_filter("state", lambda: State)
ProviderFilter = word_filter("provider", lambda: sorted(PROVIDERS))


class HeldFilter(admin.SimpleListFilter):
    """What may not run though it could."""

    title = "held"
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", "for any reason"), *((word, word.replace("_", " ")) for word in Held)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        value = self.value()
        if value == "any":
            return queryset.filter(held__isnull=False)
        return queryset.filter(held=value) if value else queryset


class FinishedWithinFilter(admin.SimpleListFilter):
    """Finished lately."""

    title = "finished within"
    parameter_name = "within"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "1 hour"), ("24", "24 hours"), ("168", "7 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        value = self.value()
        if not value or not value.isdecimal():
            return queryset
        return queryset.filter(finished_at__gt=timezone.now() - timedelta(hours=int(value[:4])))
