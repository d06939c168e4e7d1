"""Buttons on the admin's lists and object pages that lead to scoring, assigning, archiving."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from queueproject.console.acting import actor
from scoring.remarketing.page_selectors.selections import Selection
from scoring.remarketing.services import changes
from scoring.remarketing.views.removing import offer_removal
from scoring.remarketing.views.starting import offer_start

MOST_ROWS = 5_000


@dataclass(frozen=True)
class Tool:
    """One button of an object's page."""

    label: str
    url: str
    permission: str


def link_start(what: str, ids: Sequence[int], *, label: str, back: str = "", universe: int = 0) -> Tool:
    """Return the button that leads to a start page."""
    query = {"ids": ",".join(map(str, ids)), "universe": str(universe or ""), "next": back}
    words = urlencode({name: value for name, value in query.items() if value})
    return Tool(label, f"{reverse('remarketing:start', args=[what])}?{words}", "remarketing.score")


class ObjectTools(admin.ModelAdmin):  # type: ignore[type-arg]  # mixed into admins of three models
    """An object's page with buttons, and deletion that cancels what waits."""

    change_form_template = "remarketing/change_form.html"

    def list_tools(self, request: HttpRequest, row: Any) -> list[Tool]:
        """Return the buttons of a row's page; those a person may not press are left out."""
        return []

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Add the buttons."""
        row = self.get_object(request, object_id)
        tools = [*self.list_tools(request, row), *self._list_removals(row)] if row else []
        shown = [tool for tool in tools if request.user.has_perm(tool.permission)]
        seen = row.updated_at.isoformat() if row else ""
        context = {"tools": shown, "seen": seen, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Refuse to save over what somebody else saved since the form was drawn."""
        form = super().get_form(request, obj, change, **kwargs)
        seen = request.POST.get("seen")
        if obj is None or not seen or seen == obj.updated_at.isoformat():
            return form

        def clean(self: Any) -> Any:
            when = timezone.localtime(obj.updated_at)
            raise ValidationError(
                f"Nothing was saved: somebody saved this row at {when:%H:%M:%S}, after you opened it. "
                "Below is what you typed. Save again to write it over theirs, or open the page anew."
            )

        return type(form.__name__, (form,), {"clean": clean})

    def _list_removals(self, row: Any) -> list[Tool]:
        model = str(self.opts.model_name)
        verb = "restore" if row.is_archived else "archive"
        back = reverse(f"admin:remarketing_{model}_change", args=[row.pk])
        url = reverse("remarketing:put_away", args=[model, verb])
        query = urlencode({"ids": row.pk, "next": back})
        return [Tool(verb.capitalize(), f"{url}?{query}", f"remarketing.change_{model}")]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete a row, and say how many waiting jobs that cancelled."""
        _tell_cancelled(request, changes.delete([obj], actor=actor(request)))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete rows, and say how many waiting jobs that cancelled."""
        _tell_cancelled(request, changes.delete(list(queryset), actor=actor(request)))

    def has_score_permission(self, request: HttpRequest) -> bool:
        """Say whether this person may start scoring."""
        return request.user.has_perm("remarketing.score")

    @admin.action(description="Archive…", permissions=["change"])
    def archive_rows(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        """Ask before rows are archived."""
        ids = take_ids(self, request, queryset)
        return offer_removal(request, str(self.opts.model_name), "archive", ids) if ids else None

    @admin.action(description="Restore…", permissions=["change"])
    def restore_rows(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponseBase | None:
        """Ask before rows are restored."""
        ids = take_ids(self, request, queryset)
        return offer_removal(request, str(self.opts.model_name), "restore", ids) if ids else None


def start_selected(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Any], what: str
) -> HttpResponseBase | None:
    """Show what scoring the selected rows means."""
    ids = take_ids(model_admin, request, queryset)
    return offer_start(request, Selection(what, ids)) if ids else None


def take_ids(
    model_admin: admin.ModelAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]
) -> tuple[int, ...]:
    """Return the selected rows' ids; none, with a message, when they are too many for one page."""
    ids = tuple(queryset.order_by("pk").values_list("pk", flat=True)[: MOST_ROWS + 1])
    if len(ids) > MOST_ROWS:
        text = f"At most {MOST_ROWS:,} rows at once; filter the list, or use the buttons of the universe."
        model_admin.message_user(request, text, messages.WARNING)
        return ()
    return ids


def _tell_cancelled(request: HttpRequest, removed: changes.Removed) -> None:
    if removed.cancelled:
        messages.warning(request, removed.sentence("deleted"))
