"""The ranking of a deal's buyers."""

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from queueproject.queue.models import Batch
from scoring.remarketing.models import Buyer, Score
from scoring.remarketing.services.plans import FitOptions, plan_deals
from scoring.remarketing.services.scoring import start
from tests.scoring.remarketing.makers import make_score
from tests.scoring.remarketing.pages.conftest import World
from tests.scoring.remarketing.worlds import make_buyer, make_listing, make_universe

pytestmark = pytest.mark.django_db


def get_url(world: World, name: str = "matching") -> str:
    return reverse(f"remarketing:{name}", args=[world.universe.pk, world.listings[0].pk])


def names(page: Any) -> list[str]:
    return [row.score.buyer.company_name for _, row in page.context["rows"]]


def test_rows_say_tier_label_scorer_and_what_is_wrong_with_them(viewer: Client, world: World) -> None:
    text = viewer.get(get_url(world)).content.decode()
    assert "Strong" in text
    assert "Rules" in text
    assert "AI: gemini-test, prompt 1" in text
    assert ">stale<" in text
    assert "needs review" in text
    assert "1 buyer without a score" not in text  # a viewer cannot score it


def test_a_score_by_hand_counts_before_the_scorers(viewer: Client, world: World) -> None:
    Score.objects.filter(pk=world.scores[1].pk).update(
        human_override_score=95, override_reason="Met them.", overridden_at=timezone.now()
    )
    page = viewer.get(get_url(world))
    assert names(page) == ["Buyer 01", "Buyer 00"]
    row = page.context["rows"][0][1]
    assert (row.effective, row.tier, row.label) == (95, "A", "Strong")
    assert "Met them." in page.content.decode()
    assert names(viewer.get(get_url(world), {"tier": "A"})) == ["Buyer 01", "Buyer 00"]


def test_a_disqualified_buyer_is_last_and_says_why(viewer: Client, world: World) -> None:
    make_score(
        world.universe,
        world.listings[0],
        world.buyers[2],
        composite_score=0,
        tier="F",
        is_disqualified=True,
        disqualification_reason="It will not buy in Texas.",
    )
    page = viewer.get(get_url(world))
    assert names(page)[-1] == "Buyer 02"
    assert page.context["rows"][-1][1].label == "Disqualified"
    assert "It will not buy in Texas." in page.content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"tier": "A"}, ["Buyer 00"]),
        ({"min_score": "60"}, ["Buyer 00"]),
        ({"min_score": "0"}, ["Buyer 00", "Buyer 01"]),
        ({"confidence": "low"}, ["Buyer 01"]),
        ({"stale": "on"}, ["Buyer 01"]),
        ({"review": "on"}, ["Buyer 01"]),
        ({"q": "er 01"}, ["Buyer 01"]),
        ({"status": "approved"}, []),
        ({"sort": "name"}, ["Buyer 00", "Buyer 01"]),
        ({"sort": "service"}, ["Buyer 00", "Buyer 01"]),
        ({"tier": "nonsense", "min_score": "x", "sort": "x"}, ["Buyer 00", "Buyer 01"]),
    ],
)
def test_filters_narrow_and_nonsense_is_ignored(
    viewer: Client, world: World, query: dict[str, str], expected: list[str]
) -> None:
    assert names(viewer.get(get_url(world), query)) == expected


def test_hidden_buyers_are_shown_only_when_asked_for(viewer: Client, world: World) -> None:
    Score.objects.filter(pk=world.scores[0].pk).update(status="hidden", decided_at=timezone.now())
    assert names(viewer.get(get_url(world))) == ["Buyer 01"]
    assert names(viewer.get(get_url(world), {"status": "hidden"})) == ["Buyer 00"]
    assert len(names(viewer.get(get_url(world), {"status": "all"}))) == 2


def test_scores_of_buyers_that_left_are_not_ranked(viewer: Client, world: World) -> None:
    Buyer.objects.filter(pk=world.buyers[0].pk).update(archived_at=timezone.now())
    Buyer.objects.filter(pk=world.buyers[1].pk).update(universe=make_universe("Elsewhere"))
    assert names(viewer.get(get_url(world))) == []


def test_a_long_ranking_has_pages(viewer: Client, world: World) -> None:
    for number in range(60):
        make_score(world.universe, world.listings[1], make_buyer(world.universe, f"Long {number:02}"))
    url = reverse("remarketing:matching", args=[world.universe.pk, world.listings[1].pk])
    assert len(names(viewer.get(url))) == 50
    second = viewer.get(url, {"page": "2", "tier": "B"})
    assert second.context["rows"][0][0] == 51
    assert "?tier=B&amp;page=1" in second.content.decode()


def test_the_page_asks_as_many_queries_for_fifty_rows_as_for_two(
    viewer: Client, world: World, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    viewer.get(get_url(world))
    with CaptureQueriesContext(
        connection,
    ) as few:
        viewer.get(get_url(world))
    for number in range(48):
        make_score(world.universe, world.listings[0], make_buyer(world.universe, f"More {number:02}"))
    with django_assert_num_queries(len(few)):
        viewer.get(get_url(world))
    assert len(few) <= 16


def test_running_scoring_is_shown_and_the_page_refreshes_itself(staff_client: Client, world: World) -> None:
    plan = plan_deals(world.universe, listings=[world.listings[0]], options=FitOptions(rescore=True))
    started = start(plan, actor="ada")
    page = staff_client.get(get_url(world))
    [running] = page.context["overview"].running
    assert (running.progress.batch, running.open_pairs) == (started.batch, 3)
    assert 'hx-trigger="poll"' in page.content.decode()
    part = staff_client.get(get_url(world), headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<div id="matching"')
    other = reverse("remarketing:matching", args=[world.universe.pk, world.listings[1].pk])
    assert staff_client.get(other).context["overview"].running == []


def test_a_deal_without_scores_offers_to_run_matching(staff_client: Client, world: World) -> None:
    url = reverse("remarketing:matching", args=[world.universe.pk, world.listings[1].pk])
    text = staff_client.get(url).content.decode()
    assert "No buyer is scored for this deal yet." in text
    assert "Run matching" in text


def test_a_universe_without_buyers_says_so(staff_client: Client) -> None:
    universe = make_universe()
    listing = make_listing(universe)
    page = staff_client.get(reverse("remarketing:matching", args=[universe.pk, listing.pk]))
    assert f"{universe} has no buyers yet." in page.content.decode()


def test_a_deal_that_was_never_in_the_universe_is_not_found(staff_client: Client, world: World) -> None:
    other = make_listing(None)
    url = reverse("remarketing:matching", args=[world.universe.pk, other.pk])
    assert staff_client.get(url).status_code == 404


def test_guardrails_and_notes_of_the_last_batch_stand_above_the_ranking(viewer: Client, world: World) -> None:
    notes = [
        {"code": "no_revenue", "text": "About this deal.", "listing_id": world.listings[0].pk},
        {"code": "no_revenue", "text": "About another.", "listing_id": world.listings[1].pk},
    ]
    batch = Batch.objects.create(kind="remarketing.score_fit", label="x", notes=notes)
    Score.objects.update(
        composite_score=0,
        tier="F",
        is_disqualified=True,
        disqualification_reason="No.",
        batch_number=batch.pk,
    )
    text = viewer.get(get_url(world)).content.decode()
    assert "Every buyer (2) is disqualified." in text
    assert "About this deal." in text
    assert "About another." not in text


def test_the_ranking_is_exported_as_filtered_and_runs_no_formula(viewer: Client, world: World) -> None:
    Buyer.objects.filter(pk=world.buyers[0].pk).update(company_name="=HYPERLINK(1)")
    answer = viewer.get(get_url(world, "ranking_csv"), {"tier": "A"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    [row] = csv.DictReader(io.StringIO(text))
    assert row["buyer"] == "'=HYPERLINK(1)"
    assert (row["effective_score"], row["tier"], row["scored_by"]) == ("84", "A", "rules")
    assert "attachment" in answer["Content-Disposition"]


def test_the_ranking_is_exported_as_json_with_everything_a_row_says(viewer: Client, world: World) -> None:
    answer = json.loads(viewer.get(get_url(world, "ranking_json")).content)
    assert answer["listing"]["title"] == world.listings[0].title
    first, second = answer["scores"]
    assert (first["position"], first["effective_score"], first["label"]) == (1, 84, "Strong")
    assert (second["model"], second["prompt_version"], second["needs_review"]) == ("gemini-test", "1", True)
    assert second["size_multiplier"] == 1.0


def test_text_of_rows_is_escaped(viewer: Client, world: World) -> None:
    Score.objects.update(fit_reasoning="<script>alert(1)</script>")
    assert b"<script>alert(1)" not in viewer.get(get_url(world)).content
