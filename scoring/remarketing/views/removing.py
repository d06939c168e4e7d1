"""Archive and restore rows, and take deals out of universes: asked first, with what it cancels."""

from collections.abc import Sequence
from typing import Any, Final

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from queueproject.console.acting import actor
from queueproject.console.pages import next_url, page, require
from queueproject.console.words import count_words
from scoring.remarketing.models import Buyer, Listing, Universe, UniverseListing
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.services import changes
from scoring.remarketing.views.base import draw, get_asked, join_ids, read_ids

Model = type[Universe] | type[Buyer] | type[Listing] | type[UniverseListing]
MODELS: Final[dict[str, Model]] = {
    "universe": Universe,
    "buyer": Buyer,
    "listing": Listing,
    "universelisting": UniverseListing,
}
VERBS: Final = ("archive", "restore")
_SHOWN: Final = 20


@page("remarketing.view_universe")
def put_away(request: HttpRequest, model: str, verb: str) -> HttpResponseBase:
    """Archive or restore the rows named in the query, after asking."""
    if model not in MODELS or verb not in VERBS:
        raise Http404(f"Nothing called {verb} can be done to a {model}.")
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    return offer_removal(request, model, verb, read_ids(get_asked(request).get("ids", "")))


def offer_removal(request: HttpRequest, model: str, verb: str, ids: Sequence[int]) -> HttpResponseBase:
    """Draw the page that asks, or do it; the admin's actions call this with their rows."""
    require(request, f"remarketing.change_{model}")
    rows = _find_rows(model, ids)
    if not rows:
        raise Http404("What was chosen is not there any more.")
    back = next_url(request, reverse(f"admin:remarketing_{model}_changelist"))
    if "confirmed" in request.POST:
        _do(request, verb, rows)
        return HttpResponseRedirect(back)
    todo = [row for row in rows if _is_away(row) == (verb == "restore")]
    return draw(
        request,
        "put_away",
        title=f"{verb.capitalize()} {_name(rows)}",
        verb=verb,
        rows=todo[:_SHOWN],
        more=max(0, len(todo) - _SHOWN),
        done=len(rows) - len(todo),
        waiting=changes.count_waiting(todo) if verb == "archive" else 0,
        here=reverse("remarketing:put_away", args=[model, verb]),
        ids=join_ids(ids),
        back=back,
    )


def _find_rows(model: str, ids: Sequence[int]) -> list[Any]:
    if model == "universelisting":
        links = UniverseListing.objects.select_related("universe", "listing")
        return list(links.filter(pk__in=ids).order_by("pk"))
    return list(MODELS[model]._default_manager.filter(pk__in=ids).order_by("pk"))


def _is_away(row: Any) -> bool:
    if isinstance(row, UniverseListing):
        return row.status == LinkStatus.ARCHIVED
    return bool(row.is_archived)


def _do(request: HttpRequest, verb: str, rows: list[Any]) -> None:
    links = isinstance(rows[0], UniverseListing)
    try:
        with transaction.atomic():
            if verb == "restore":
                removed = changes.restore(rows) if not links else _restore_links(rows)
            elif links:
                removed = changes.archive_links(rows, actor=actor(request))
            else:
                removed = changes.archive(rows, actor=actor(request))
    except IntegrityError:
        messages.error(
            request, "Nothing was restored: another row has taken a name meanwhile. Rename one of the two."
        )
        return
    if verb == "restore":
        messages.success(request, f"{count_words(removed.rows, 'row')} restored.")
    else:
        messages.success(request, removed.sentence("archived"))
    if removed.rows < len(rows):
        messages.info(request, f"{len(rows) - removed.rows} were {verb}d already.")


def _restore_links(links: list[UniverseListing]) -> changes.Removed:
    asleep = [link.pk for link in links if link.status == LinkStatus.ARCHIVED]
    rows = UniverseListing.objects.filter(pk__in=asleep).update(status=LinkStatus.ACTIVE)
    return changes.Removed(rows, 0)


def _name(rows: Sequence[Any]) -> str:
    if len(rows) == 1:
        return str(rows[0])
    return count_words(len(rows), "row")
