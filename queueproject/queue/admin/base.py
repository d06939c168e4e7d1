"""What the admin of every table of the queue shares."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString

from queueproject.queue.operations import Report
from queueproject.queue.selectors import sql

Row = TypeVar("Row", bound=Model)

ESTIMATED_FROM = 10_000
MOST_COUNTED = 100_000


def estimate_rows(model: type[Model]) -> int:
    """Return how many rows the planner believes a table has; -1 before it was ever analysed."""
    return int(sql.rows("estimate_rows", table=model._meta.db_table)[0]["estimate"])


class EstimatingPaginator(Paginator[Any]):
    """Count a whole table by the database's own estimate, and no filtered list beyond a bound."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        if not rows.query.where:
            estimate = estimate_rows(rows.model)
            if estimate >= ESTIMATED_FROM:
                return estimate
        return int(rows.order_by()[:MOST_COUNTED].count())


class ReadOnlyAdmin(admin.ModelAdmin[Row]):
    """Rows are looked at here and changed by the queue."""

    paginator = EstimatingPaginator
    show_full_result_count = False
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER  # each would be a count of the whole table
    list_title = ""
    ordering: ClassVar[tuple[str, ...]] = ("-pk",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = self.list_title or str(self.opts.verbose_name_plural).capitalize()
        wide = {"title": title, "is_nav_sidebar_enabled": False}
        return super().changelist_view(request, wide | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        wide: dict[str, Any] = {"is_nav_sidebar_enabled": False}
        return super().change_view(request, object_id, form_url, wide | (extra_context or {}))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("queue.operate")


def badge(state: str, text: str = "") -> SafeString:
    """Draw a state as the console does."""
    return format_html('<span class="q-badge q-is-{}">{}</span>', state, text or state.replace("_", " "))


def act_on(
    model_admin: ReadOnlyAdmin[Any],
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    action: str,
    done: str,
    question: str,
    act: Callable[..., Report],
) -> TemplateResponse | None:
    """Ask first when many rows are selected, then act and say how many did and why others did not."""
    ids: Sequence[int] = list(rows.order_by("pk").values_list("pk", flat=True))
    if len(ids) > 1 and "confirmed" not in request.POST:
        return _confirmation(model_admin, request, ids, action=action, question=question)
    report = act(ids, actor=request.user.get_username(), reason=request.POST.get("reason", "").strip()[:500])
    level = messages.SUCCESS if not report.refused else messages.WARNING
    model_admin.message_user(request, report.sentence(done), level)
    return None


def _confirmation(
    model_admin: ReadOnlyAdmin[Any], request: HttpRequest, ids: Sequence[int], *, action: str, question: str
) -> TemplateResponse:
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"{action.split('_')[0].capitalize()} {len(ids):,} {model_admin.opts.verbose_name_plural}?",
        "opts": model_admin.opts,
        "is_nav_sidebar_enabled": False,
        "action": action,
        "question": question,
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "verb": action.split("_")[0].capitalize(),
        "count": len(ids),
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/queue/confirm.html", context)
