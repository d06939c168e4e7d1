"""What the pages of remarketing share: drawing, finding rows, telling what was started."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from queueproject.console.pages import is_refresh
from queueproject.console.words import count_words
from scoring.remarketing.models import Listing, Universe, UniverseListing
from scoring.remarketing.services.scoring import Started

_LARGEST_ID = 2**63 - 1
# Pages that refresh themselves while scores come in.
_LIVE = ("matching", "universe", "alignment")


def draw(
    request: HttpRequest, name: str, *, title: str, status: int = 200, **context: Any
) -> TemplateResponse:
    """Draw `remarketing/<name>.html`, or its part of the same name when only that is refreshed."""
    if is_refresh(request) and name in _LIVE:
        return TemplateResponse(request, f"remarketing/parts/{name}.html", {"title": title, **context})
    whole = {**admin.site.each_context(request), "title": title, "is_nav_sidebar_enabled": False, **context}
    return TemplateResponse(request, f"remarketing/{name}.html", whole, status=status)


def get_user(request: HttpRequest) -> User:
    """Return who is logged in; pages stand behind the login."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def get_asked(request: HttpRequest) -> QueryDict:
    """Return the form that was sent, else the query."""
    return request.POST if request.method == "POST" else request.GET


def read_ids(text: str) -> tuple[int, ...]:
    """Read numbers separated by commas; raise Http404 for anything else."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() and int(part) <= _LARGEST_ID for part in parts):
        raise Http404(f"{text[:100]!r} is no list of numbers.")
    return tuple(dict.fromkeys(int(part) for part in parts))


def join_ids(ids: Iterable[int]) -> str:
    """Write numbers as `read_ids` reads them."""
    return ",".join(str(number) for number in ids)


def get_link(universe_id: int, listing_id: int) -> tuple[Universe, Listing, UniverseListing]:
    """Return a universe and a deal that is or was at work in it, or raise Http404."""
    links = UniverseListing.objects.select_related("universe", "listing")
    link = get_object_or_404(links, universe=universe_id, listing=listing_id)
    return link.universe, link.listing, link


def tell_started(request: HttpRequest, started: Started) -> None:
    """Say how many were queued and how many skipped, with a link to the batch."""
    sentence = describe_started(started)
    tell = messages.success if started.queued or started.shared else messages.info
    if request.user.has_perm("queue.view_batch"):
        url = reverse("console:batch", args=[started.batch.pk])
        tell(request, format_html('{} <a href="{}">Follow operation {}</a>', sentence, url, started.batch.pk))
    else:
        tell(request, f"{sentence} It is operation {started.batch.pk}.")


def describe_started(started: Started) -> str:
    """Return "Queued 240 jobs, skipped 12 that have a score, joined 3 that were waiting already."."""
    parts = [f"queued {count_words(started.queued, 'job')}"]
    parts.append(f"skipped {started.skipped:,}" + (" that have a score" if started.skipped else ""))
    if started.shared:
        parts.append(f"joined {started.shared:,} that were asked for already")
    sentence = ", ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."
