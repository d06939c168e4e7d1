"""What people decide on a score, and taking it back."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from scoring.remarketing.models import Decision, Score
from scoring.remarketing.services.decisions import decide, override, undo
from tests.scoring.remarketing.worlds import make_buyer, make_listing, make_universe

pytestmark = pytest.mark.django_db


@pytest.fixture
def score() -> Score:
    universe = make_universe()
    return Score.objects.create(
        universe=universe,
        listing=make_listing(universe),
        buyer=make_buyer(universe),
        composite_score=70,
        tier="B",
        scored_by="rules",
        scored_at=timezone.now(),
    )


def test_a_decision_is_on_the_score_and_in_the_history_with_the_score_at_the_time(
    score: Score, staff: User
) -> None:
    decide(score, action="pass", pass_category="size", reason="Too large.", user=staff)
    score.refresh_from_db()
    assert (score.status, score.pass_category, score.pass_reason) == ("passed", "size", "Too large.")
    assert score.decided_by == staff
    decision = Decision.objects.get()
    assert (decision.action, decision.pass_category, decision.composite_score) == ("passed", "size", 70)


def test_another_decision_replaces_the_one_that_stood(score: Score, staff: User) -> None:
    decide(score, action="pass", pass_category="size", user=staff)
    decide(score, action="approve", user=staff)
    score.refresh_from_db()
    assert (score.status, score.pass_category) == ("approved", "")
    assert [row.action for row in Decision.objects.standing()] == ["approved"]
    assert Decision.objects.count() == 2


def test_undo_takes_it_back_once_and_keeps_the_history(score: Score, staff: User) -> None:
    decide(score, action="hide", user=staff)
    assert undo(score, user=staff)
    assert not undo(score, user=staff)
    score.refresh_from_db()
    assert score.status == "pending"
    assert not Decision.objects.standing().exists()
    assert Decision.objects.count() == 1


def test_undo_leaves_decisions_on_other_deals_alone(score: Score, staff: User) -> None:
    other = Score.objects.create(
        universe=score.universe,
        listing=make_listing(score.universe, "Other"),
        buyer=score.buyer,
        scored_by="rules",
        scored_at=timezone.now(),
    )
    decide(score, action="approve", user=staff)
    decide(other, action="approve", user=staff)
    undo(score, user=staff)
    assert [row.listing_id for row in Decision.objects.standing()] == [other.listing_id]


@pytest.mark.parametrize(
    ("action", "category", "field"),
    [("burn", "", "action"), ("approve", "size", "pass_category"), ("pass", "weather", "pass_category")],
)
def test_nonsense_is_refused_naming_the_field(score: Score, action: str, category: str, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        decide(score, action=action, pass_category=category, user=None)  # type: ignore[arg-type]
    assert field in caught.value.message_dict
    assert not Decision.objects.exists()


def test_a_persons_score_needs_its_reason_and_its_bounds(score: Score, staff: User) -> None:
    for value, reason, field in ((101, "So.", "human_override_score"), (50, " ", "override_reason")):
        with pytest.raises(ValidationError) as caught:
            override(score, value=value, reason=reason, user=staff)
        assert field in caught.value.message_dict
    override(score, value=0, reason="Met the owner.", user=staff)
    score.refresh_from_db()
    assert (score.human_override_score, score.overridden_by, score.composite_score) == (0, staff, 70)
    override(score, value=None, user=staff)
    score.refresh_from_db()
    assert (score.human_override_score, score.override_reason) == (None, "")
