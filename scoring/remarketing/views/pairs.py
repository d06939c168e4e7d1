"""One buyer and one deal: look closely, decide, set the score by hand, see what it was before."""

from typing import get_args

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from queueproject.console.acting import explain
from queueproject.console.pages import next_url, page, require
from scoring.remarketing.forms.decisions import OverrideForm, PassForm
from scoring.remarketing.models import Buyer, Score
from scoring.remarketing.page_selectors.pairs import MOST_SHOWN, find_decisions, find_scorings
from scoring.remarketing.page_selectors.rows import Row
from scoring.remarketing.services import careful
from scoring.remarketing.services.decisions import Verb
from scoring.remarketing.views.base import draw, get_link, get_user

_DONE = {"approve": "approved", "hide": "hidden", "pass": "passed"}


@require_GET
@page("remarketing.view_score")
def pair(request: HttpRequest, universe_id: int, listing_id: int, buyer_id: int) -> HttpResponseBase:
    """Show a pair's score, how it came about, and its history."""
    universe, listing, _ = get_link(universe_id, listing_id)
    buyer = get_object_or_404(Buyer, pk=buyer_id)
    scores = Score.objects.select_related("buyer", "decided_by", "overridden_by")
    score = scores.filter(universe=universe, listing=listing, buyer=buyer).first()
    initial = {"value": score.human_override_score, "reason": score.override_reason} if score else {}
    return draw(
        request,
        "pair",
        title=f"{buyer} for {listing}",
        universe=universe,
        listing=listing,
        buyer=buyer,
        row=Row(score) if score else None,
        scorings=find_scorings(universe, listing, buyer),
        decisions=find_decisions(listing, buyer),
        form=OverrideForm(initial=initial),
        most=MOST_SHOWN,
        here=request.get_full_path(),
    )


@require_POST
@page("remarketing.view_score")
def decide(request: HttpRequest, score_id: int) -> HttpResponseBase:
    """Approve, hide, or take a decision back; the form says what it was shown."""
    require(request, "remarketing.decide")
    score = _get_score(score_id)
    verb, seen = request.POST.get("verb", ""), request.POST.get("seen", "")
    back = next_url(request, _get_pair_url(score))
    try:
        if verb == "undo":
            undone = careful.undo_as_seen(score, seen=seen, user=get_user(request))
            sentence = "is undecided again" if undone else "had no decision to take back"
        else:
            careful.decide_as_seen(score, seen=seen, action=_read_verb(verb), user=get_user(request))
            sentence = f"is {_DONE[verb]}"
    except careful.ChangedMeanwhile as changed:
        messages.warning(request, f"{score.buyer}: {changed}")
    else:
        messages.success(request, f"{score.buyer} {sentence} for {score.listing}.")
    return HttpResponseRedirect(back)


@page("remarketing.view_score")
def pass_over(request: HttpRequest, score_id: int) -> HttpResponseBase:
    """Ask why a buyer is passed over, and pass over it."""
    require(request, "remarketing.decide")
    score = _get_score(score_id)
    back = next_url(request, _get_pair_url(score))
    form = PassForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            careful.decide_as_seen(
                score,
                seen=request.POST.get("seen", ""),
                action="pass",
                user=get_user(request),
                pass_category=form.cleaned_data["pass_category"],
                reason=form.cleaned_data["reason"],
            )
        except careful.ChangedMeanwhile as changed:
            messages.warning(request, f"{score.buyer}: {changed}")
            return HttpResponseRedirect(back)
        except ValidationError as error:
            form.add_error(None, explain(error))
        else:
            messages.success(request, f"{score.buyer} is passed over for {score.listing}.")
            return HttpResponseRedirect(back)
    return draw(
        request,
        "pass_over",
        title=f"Pass over {score.buyer}",
        status=400 if form.is_bound else 200,
        score=score,
        form=form,
        seen=request.POST.get("seen") or careful.stamp(score),
        back=back,
    )


@require_POST
@page("remarketing.view_score")
def override(request: HttpRequest, score_id: int) -> HttpResponseBase:
    """Set a score by hand, or take it away again."""
    require(request, "remarketing.decide")
    score = _get_score(score_id)
    seen, back = request.POST.get("seen", ""), next_url(request, _get_pair_url(score))
    removing = "remove" in request.POST
    form = OverrideForm(request.POST)
    if not removing and not form.is_valid():
        faults = [
            f"{form.fields[name].label}: {' '.join(map(str, texts))}" for name, texts in form.errors.items()
        ]
        messages.error(request, f"The score was not set. {' '.join(faults)}")
        return HttpResponseRedirect(back)
    value = None if removing else form.cleaned_data["value"]
    reason = "" if removing else form.cleaned_data["reason"]
    try:
        careful.override_as_seen(score, seen=seen, value=value, reason=reason, user=get_user(request))
    except careful.ChangedMeanwhile as changed:
        messages.warning(request, f"{score.buyer}: {changed}")
    except ValidationError as error:
        messages.error(request, f"The score was not set. {explain(error)}")
    else:
        what = "is the scorer's again" if removing else f"is set to {value} by hand"
        messages.success(request, f"The score of {score.buyer} {what}.")
    return HttpResponseRedirect(back)


def _get_score(score_id: int) -> Score:
    return get_object_or_404(Score.objects.select_related("buyer", "listing"), pk=score_id)


def _read_verb(verb: str) -> Verb:
    for known in get_args(Verb):
        if verb == known and verb != "pass":  # passing asks why, on a page of its own
            return known  # type: ignore[no-any-return]  # get_args loses the literal
    raise Http404(f"Nothing called {verb[:50]!r} can be decided.")


def _get_pair_url(score: Score) -> str:
    return reverse("remarketing:pair", args=[score.universe_id, score.listing_id, score.buyer_id])
