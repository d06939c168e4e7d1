"""Decide about a score as it was shown: what somebody else did meanwhile is reported, not overwritten."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import transaction

from scoring.remarketing.models import Score
from scoring.remarketing.services.decisions import Verb, decide, override, undo


class ChangedMeanwhile(Exception):
    """Somebody decided about the row or set its score since it was shown; `score` is as it stands now."""

    def __init__(self, score: Score) -> None:
        super().__init__(_describe(score))
        self.score = score


def stamp(score: Score) -> str:
    """Return what people decided about a score, in short: it changes with every decision and override."""
    moments = [each.isoformat() if each else "" for each in (score.decided_at, score.overridden_at)]
    return "|".join([score.status, *moments])


def decide_as_seen(
    score: Score, *, seen: str, action: Verb, user: User | None, pass_category: str = "", reason: str = ""
) -> None:
    """Approve, pass or hide; raises ChangedMeanwhile, and ValidationError for a wrong category."""
    with _as_seen(score, seen) as locked:
        decide(locked, action=action, user=user, pass_category=pass_category, reason=reason)


def undo_as_seen(score: Score, *, seen: str, user: User | None) -> bool:
    """Take a decision back; False when there was none. Raises ChangedMeanwhile."""
    with _as_seen(score, seen) as locked:
        return undo(locked, user=user)


def override_as_seen(
    score: Score, *, seen: str, value: int | None, user: User | None, reason: str = ""
) -> None:
    """Set a person's score, or with None take it away; raises ChangedMeanwhile."""
    with _as_seen(score, seen) as locked:
        override(locked, value=value, reason=reason, user=user)


@contextmanager
def _as_seen(score: Score, seen: str) -> Iterator[Score]:
    with transaction.atomic():
        locked = Score.objects.select_for_update(of=("self",), no_key=True).get(pk=score.pk)
        if stamp(locked) != seen:
            raise ChangedMeanwhile(locked)
        yield locked


def _describe(score: Score) -> str:
    moments = [
        (score.decided_at, f"{score.decided_by or 'somebody'} made it {score.get_status_display()}"),
        (
            score.overridden_at,
            f"{score.overridden_by or 'somebody'} "
            + ("took the score set by hand away" if score.human_override_score is None else "set its score"),
        ),
    ]
    known = [(when, words) for when, words in moments if when is not None]
    what = max(known)[1] if known else "it changed"
    return f"Nothing was changed: {what} since this page was drawn. Look again."
