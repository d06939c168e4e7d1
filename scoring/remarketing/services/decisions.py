"""What staff decide about a buyer for a deal, taking it back, and scores set by a person."""

from typing import Final, Literal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from scoring.remarketing.models import Decision, Score
from scoring.remarketing.models.words import Action, PassCategory, ScoreStatus

Verb = Literal["approve", "pass", "hide"]
_STATUS: Final[dict[str, ScoreStatus]] = {
    "approve": ScoreStatus.APPROVED,
    "pass": ScoreStatus.PASSED,
    "hide": ScoreStatus.HIDDEN,
}
_ACTION: Final[dict[str, Action]] = {
    "approve": Action.APPROVED,
    "pass": Action.PASSED,
    "hide": Action.HIDDEN,
}


def decide(
    score: Score, *, action: Verb, user: User | None, pass_category: str = "", reason: str = ""
) -> Decision:
    """Approve, pass or hide a buyer for a deal; it replaces an earlier decision on the pair."""
    _check(action, pass_category, reason)
    with transaction.atomic():
        locked = _lock(score)
        _take_back(locked)
        is_pass = action == "pass"
        now = timezone.now()
        locked.status = _STATUS[action]
        locked.pass_category = (pass_category or PassCategory.OTHER) if is_pass else ""
        locked.pass_reason = reason.strip() if is_pass else ""
        locked.decided_by, locked.decided_at = user, now
        _save_status(locked, score)
        return Decision.objects.create(
            buyer_id=locked.buyer_id,
            listing_id=locked.listing_id,
            action=_ACTION[action],
            pass_category=locked.pass_category,
            reason=reason.strip(),
            composite_score=locked.composite_score,
            decided_by=user,
            decided_at=now,
        )


def undo(score: Score, *, user: User | None) -> bool:
    """Take a decision back; its history row is kept, marked undone. False when there was none."""
    with transaction.atomic():
        locked = _lock(score)
        if locked.status == ScoreStatus.PENDING:
            return False
        _take_back(locked)
        locked.status = ScoreStatus.PENDING
        locked.pass_category = locked.pass_reason = ""
        locked.decided_by, locked.decided_at = user, timezone.now()
        _save_status(locked, score)
    return True


def override(score: Score, *, value: int | None, reason: str = "", user: User | None) -> Score:
    """Set the score a person gives, with its reason, before the scorer's; None takes it away again."""
    if value is not None:
        if isinstance(value, bool) or not 0 <= value <= 100:
            raise ValidationError({"human_override_score": "Give a whole number from 0 to 100."})
        if not reason.strip():
            raise ValidationError({"override_reason": "Say why: the reason is shown beside the score."})
    with transaction.atomic():
        locked = _lock(score)
        locked.human_override_score = value
        locked.override_reason = "" if value is None else reason.strip()
        locked.overridden_by = user
        locked.overridden_at = timezone.now()
        fields = ["human_override_score", "override_reason", "overridden_by", "overridden_at"]
        locked.save(update_fields=[*fields, "updated_at"])
    _copy(locked, score, fields)
    return score


def _check(action: str, pass_category: str, reason: str) -> None:
    if action not in _STATUS:
        raise ValidationError({"action": f"{action!r} is none of {', '.join(_STATUS)}."})
    if pass_category and action != "pass":
        raise ValidationError({"pass_category": "Only passing over a buyer has a category."})
    if pass_category and pass_category not in PassCategory.values:
        known = ", ".join(PassCategory.values)
        raise ValidationError({"pass_category": f"{pass_category!r} is none of {known}."})
    if "\x00" in reason:
        raise ValidationError({"reason": "Null characters are not allowed."})


def _lock(score: Score) -> Score:
    return Score.objects.select_for_update(of=("self",), no_key=True).get(pk=score.pk)


def _take_back(score: Score) -> None:
    """Mark the decision that stands on this score undone; the buyer's other decisions stay."""
    if score.decided_at is not None:
        standing = Decision.objects.standing().filter(
            buyer_id=score.buyer_id, listing_id=score.listing_id, decided_at=score.decided_at
        )
        standing.update(undone_at=timezone.now())


def _save_status(locked: Score, score: Score) -> None:
    fields = ["status", "pass_category", "pass_reason", "decided_by", "decided_at"]
    locked.save(update_fields=[*fields, "updated_at"])
    _copy(locked, score, fields)


def _copy(source: Score, target: Score, fields: list[str]) -> None:
    for name in fields:
        setattr(target, name, getattr(source, name))
