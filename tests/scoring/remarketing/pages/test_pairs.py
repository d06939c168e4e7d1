"""Deciding about a buyer, setting its score by hand, and the history of a pair."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from scoring.remarketing.models import Decision, Score, ScoreSnapshot
from scoring.remarketing.services.careful import stamp
from scoring.remarketing.services.decisions import decide
from tests.scoring.remarketing.pages.conftest import World

pytestmark = pytest.mark.django_db


def post(client: Client, name: str, score: Score, **fields: Any) -> str:
    score.refresh_from_db()
    url = reverse(f"remarketing:{name}", args=[score.pk])
    response = client.post(url, {"seen": stamp(score), **fields}, follow=True)
    return str(response.content.decode())


@pytest.mark.parametrize(("verb", "status"), [("approve", "approved"), ("hide", "hidden")])
def test_a_buyer_is_approved_or_hidden_and_that_is_taken_back(
    operator: Client, world: World, verb: str, status: str
) -> None:
    score = world.scores[0]
    post(operator, "decide", score, verb=verb)
    score.refresh_from_db()
    assert score.status == status
    assert score.decided_by is not None
    assert "is undecided again" in post(operator, "decide", score, verb="undo")
    score.refresh_from_db()
    assert score.status == "pending"
    assert Decision.objects.get().undone_at is not None


def test_passing_asks_for_a_category_and_keeps_the_reason(operator: Client, world: World) -> None:
    score = world.scores[0]
    asked = operator.post(reverse("remarketing:pass_over", args=[score.pk]), {"seen": stamp(score)})
    assert asked.status_code == 400
    text = post(operator, "pass_over", score, pass_category="timing", reason="Not this year.")
    score.refresh_from_db()
    assert (score.status, score.pass_category, score.pass_reason) == ("passed", "timing", "Not this year.")
    assert "Not this year." in text


def test_going_back_leads_to_the_ranking_it_came_from(operator: Client, world: World) -> None:
    ranking = reverse("remarketing:matching", args=[world.universe.pk, world.listings[0].pk]) + "?tier=A"
    url = reverse("remarketing:decide", args=[world.scores[0].pk])
    sent = {"seen": stamp(world.scores[0]), "verb": "approve", "next": ranking}
    assert operator.post(url, sent)["Location"] == ranking
    elsewhere = operator.post(url, sent | {"next": "https://evil.example/"})["Location"]
    assert elsewhere.startswith("/admin/matching/")


def test_what_somebody_decided_meanwhile_is_reported_not_overwritten(
    operator: Client, staff_client: Client, world: World
) -> None:
    score = world.scores[0]
    seen = stamp(score)
    decide(score, action="approve", user=None)
    for name, fields in (
        ("decide", {"verb": "hide"}),
        ("decide", {"verb": "undo"}),
        ("pass_over", {"pass_category": "size"}),
        ("override", {"value": 3, "reason": "x"}),
    ):
        url = reverse(f"remarketing:{name}", args=[score.pk])
        page = operator.post(url, {"seen": seen, **fields}, follow=True)
        assert "Nothing was changed: somebody made it approved" in page.content.decode()
    score.refresh_from_db()
    assert (score.status, score.human_override_score) == ("approved", None)


def test_a_score_is_set_by_hand_with_its_reason_and_taken_away(operator: Client, world: World) -> None:
    score = world.scores[0]
    text = post(operator, "override", score, value=40, reason="Their fund is spent.")
    score.refresh_from_db()
    assert (score.human_override_score, score.override_reason) == (40, "Their fund is spent.")
    assert score.overridden_by is not None
    assert "Their fund is spent." in text
    post(operator, "override", score, remove="1")
    score.refresh_from_db()
    assert (score.human_override_score, score.override_reason) == (None, "")


@pytest.mark.parametrize(
    "fields", [{"value": 101, "reason": "x"}, {"value": 5}, {"reason": "x"}, {"value": "a"}]
)
def test_a_score_by_hand_needs_a_number_to_100_and_a_reason(
    operator: Client, world: World, fields: dict[str, Any]
) -> None:
    assert "The score was not set" in post(operator, "override", world.scores[0], **fields)
    assert Score.objects.get(pk=world.scores[0].pk).human_override_score is None


def test_an_unknown_verb_is_not_found(operator: Client, world: World) -> None:
    url = reverse("remarketing:decide", args=[world.scores[0].pk])
    for verb in ("", "delete", "pass"):
        assert operator.post(url, {"verb": verb, "seen": stamp(world.scores[0])}).status_code == 404


def add_snapshot(world: World, **values: Any) -> ScoreSnapshot:
    figures = {
        "composite_score": 84,
        "tier": "A",
        "scored_by": "rules",
        "scored_at": timezone.now(),
        **values,
    }
    return ScoreSnapshot.objects.create(
        universe=world.universe,
        listing=world.listings[0],
        buyer=world.buyers[0],
        trigger="bulk",
        **figures,
    )


def test_the_history_names_who_when_model_weights_and_every_figure_that_changed(
    staff_client: Client, world: World
) -> None:
    weights = {"service": 45, "size": 30}
    add_snapshot(world, service_score=70, weights=weights)
    add_snapshot(
        world,
        composite_score=61,
        tier="C",
        service_score=50,
        scored_by="ai",
        model="gemini-test",
        prompt_version="1",
        weights=weights | {"size": 20},
        instructions="Prefer calm ones.",
        is_disqualified=False,
    )
    url = reverse("remarketing:pair", args=[world.universe.pk, world.listings[0].pk, world.buyers[0].pk])
    page = staff_client.get(url)
    newest, first = page.context["scorings"]
    changed = {each.name: (each.before, each.after) for each in newest.differences}
    assert changed == {
        "score": ("84", "61"),
        "tier": ("A", "C"),
        "services": ("70", "50"),
        "weights": ("services 45, size 30", "services 45, size 20"),
        "scored by": ("Rules", "AI: gemini-test, prompt 1"),
    }
    assert first.is_first
    assert first.differences == []
    assert "Prefer calm ones." in page.content.decode()


def test_a_pair_without_a_score_says_so(staff_client: Client, world: World) -> None:
    url = reverse("remarketing:pair", args=[world.universe.pk, world.listings[1].pk, world.buyers[0].pk])
    text = staff_client.get(url).content.decode()
    assert "not scored for this deal yet" in text
    assert "It was never scored." in text


def test_long_histories_cost_no_further_queries(
    viewer: Client, world: World, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url = reverse("remarketing:pair", args=[world.universe.pk, world.listings[0].pk, world.buyers[0].pk])
    add_snapshot(world)
    viewer.get(url)
    with CaptureQueriesContext(connection) as few:
        viewer.get(url)
    for _ in range(10):
        add_snapshot(world)
    with django_assert_num_queries(len(few)):
        viewer.get(url)
