"""What becomes of remarketing's jobs, through real drains and a sandbox that speaks Gemini's wire format."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from queueproject.queue.budgets import UNMETERED
from queueproject.queue.models import Attempt, Batch, Job, Ledger, Provider
from queueproject.queue.registry import JobContext
from queueproject.sandbox.server import Sandbox
from scoring.gemini import client
from scoring.remarketing import kinds
from scoring.remarketing.handlers.reading import read_fits
from scoring.remarketing.models import (
    AlignmentSnapshot,
    Buyer,
    Listing,
    Score,
    ScoreSnapshot,
    Universe,
    UniverseListing,
)
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.prompts import PROMPT_VERSION
from scoring.remarketing.services import scoring
from scoring.remarketing.services.content import save_content
from scoring.remarketing.services.decisions import decide, override
from scoring.remarketing.services.plans import FitOptions, plan_alignment, plan_deals
from tests.scoring.remarketing.worlds import drain, make_listing, make_universe

pytestmark = pytest.mark.django_db(transaction=True)

FIGURES = ("composite_score", "tier", "service_score", "size_score", "geography_score", "owner_goals_score")


def score_all(universe: Universe, **options: Any) -> Batch:
    batch = scoring.start(plan_deals(universe, options=FitOptions(**options))).batch
    drain()
    batch.refresh_from_db()
    return batch


def figures() -> dict[tuple[int, int], tuple[Any, ...]]:
    rows = Score.objects.values_list("listing_id", "buyer_id", *FIGURES)
    return {(row[0], row[1]): row[2:] for row in rows}


def test_without_a_key_every_pair_is_scored_by_the_rules_and_says_so() -> None:
    universe = make_universe(buyers=7, listings=3)
    batch = score_all(universe)
    assert (batch.state, batch.completed_units, batch.failed_units) == ("completed", 21, 0)
    assert set(Score.objects.values_list("scored_by", "model", "prompt_version")) == {("rules", "", "")}
    assert ScoreSnapshot.objects.count() == Score.objects.count() == 21
    assert {score.tier for score in Score.objects.all()} <= {"A", "B"}
    assert set(Score.objects.values_list("batch_number", flat=True)) == {batch.pk}
    drain()
    batch.refresh_from_db()
    assert batch.notes[0]["code"] == "scored_by_rules"


@pytest.mark.usefixtures("unlimited")
def test_through_the_wire_figures_are_those_of_the_rules_with_one_call_for_five_buyers(
    sandbox: Sandbox,
) -> None:
    universe = make_universe(buyers=7, listings=2)
    batch = score_all(universe)
    assert batch.state == "completed"
    assert sandbox.report()["calls"] == 4
    through_the_wire = figures()
    booked = dict(Ledger.objects.values_list("currency", "spent"))
    assert booked == {"calls": 4, "tokens": sandbox.report()["tokens"]}
    assert set(Score.objects.values_list("scored_by", "prompt_version")) == {("ai", PROMPT_VERSION)}
    assert all(Score.objects.values_list("model", flat=True))
    Job.objects.all().delete()
    sandbox.control(reset=True)
    with override_settings(GEMINI_API_KEY=""):
        score_all(universe, rescore=True)
    assert figures() == through_the_wire
    assert sandbox.report()["calls"] == 0
    counts = (
        ScoreSnapshot.objects.values("listing", "buyer").annotate(n=Count("id")).values_list("n", flat=True)
    )
    assert set(counts) == {2}


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("kind", ["missing_entry", "double_entry", "score_out_of_range"])
def test_a_spoilt_entry_is_tried_again_for_its_own_job_only(sandbox: Sandbox, kind: str) -> None:
    universe = make_universe(buyers=5, listings=1)
    chosen = Buyer.objects.order_by("pk")[2]
    sandbox.control(script=[{"answer": "malformed", "kind": kind, "buyer_id": chosen.pk}])
    scoring.start(plan_deals(universe))
    Job.objects.update(backoff_seconds=0.01)
    drain()
    retried = Attempt.objects.filter(outcome="retried")
    assert [attempt.job_id for attempt in retried] == [Job.objects.get(payload__buyer_id=chosen.pk).pk]
    assert str(chosen.pk) in retried.get().error
    assert Score.objects.count() == 5
    assert Job.objects.filter(kind=kinds.SCORE_FIT, state="completed").count() == 5
    assert sandbox.report()["calls"] == 2


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize(
    "fault",
    [{"answer": "prompt_block"}, {"answer": "malformed", "kind": "prose"}, {"answer": "answer_block"}],
)
def test_a_group_without_a_usable_answer_is_tried_once_more_one_buyer_at_a_time(
    sandbox: Sandbox, fault: dict[str, Any]
) -> None:
    universe = make_universe(buyers=3, listings=1)
    sandbox.control(script=[fault])
    scoring.start(plan_deals(universe))
    drain()
    assert Attempt.objects.filter(outcome="retried").count() == 3
    assert Score.objects.count() == 3
    assert sandbox.report()["calls"] == 1 + 3


@pytest.mark.usefixtures("unlimited")
def test_a_buyer_blocked_alone_fails_and_the_others_do_not(sandbox: Sandbox) -> None:
    universe = make_universe(buyers=3, listings=1)
    name = Buyer.objects.order_by("pk")[1].company_name
    sandbox.control(script=[{"answer": "prompt_block", "contains": name, "times": None}])
    batch = score_all(universe)
    assert (batch.completed_units, batch.failed_units, batch.state) == (2, 1, "completed_with_errors")
    assert "blocked" in Job.objects.get(state="failed").last_error
    assert not Score.objects.filter(buyer__company_name=name).exists()


@pytest.mark.usefixtures("unlimited", "sandbox")
def test_a_vanished_key_pauses_the_provider_and_fails_nothing(settings: Any) -> None:
    universe = make_universe(buyers=2, listings=1)
    scoring.start(plan_deals(universe))
    settings.GEMINI_API_KEY = ""
    drain()
    assert Provider.objects.get(key="gemini").fault == "key_missing"
    assert set(Job.objects.values_list("state", "attempts")) == {("pending", 0)}
    assert not Score.objects.exists()


@pytest.mark.usefixtures("unlimited")
def test_instructions_reach_the_model_and_the_history_and_do_not_mix(sandbox: Sandbox) -> None:
    universe = make_universe(buyers=4, listings=1)
    scoring.start(plan_deals(universe))
    first = Buyer.objects.order_by("pk")[0]
    again = FitOptions(instructions="Prefer the quiet ones.", buyer_ids=(first.pk,))
    scoring.start(plan_deals(universe, options=again))
    drain()
    assert sandbox.report()["calls"] == 2
    told = ScoreSnapshot.objects.exclude(instructions="")
    assert [(row.buyer_id, row.instructions) for row in told] == [(first.pk, "Prefer the quiet ones.")]
    assert ScoreSnapshot.objects.count() == 4


def test_scoring_again_keeps_what_people_decided_and_adds_history() -> None:
    universe = make_universe(buyers=3, listings=1)
    score_all(universe)
    approved, passed, hidden = Score.objects.order_by("pk")
    decide(approved, action="approve", user=None)
    override(approved, value=91, reason="Met the owner.", user=None)
    decide(passed, action="pass", pass_category="size", reason="Too large.", user=None)
    decide(hidden, action="hide", user=None)
    score_all(universe, rescore=True)
    rows = Score.objects.order_by("pk").values_list("pk", "status", "human_override_score", "pass_category")
    assert list(rows) == [
        (approved.pk, "approved", 91, ""),
        (passed.pk, "passed", None, "size"),
        (hidden.pk, "hidden", None, ""),
    ]
    assert ScoreSnapshot.objects.count() == 6


def test_the_geography_mode_of_the_scoring_is_used_and_recorded() -> None:
    universe = make_universe(buyers=1)
    make_listing(universe, location="Boston, MA")
    score_all(universe)
    score_all(universe, rescore=True, geography_mode="minimal")
    modes = ScoreSnapshot.objects.order_by("pk").values_list("geography_mode", "geography_score")
    assert [mode for mode, _ in modes] == ["critical", "minimal"]
    assert (modes[0][1] or 0) < 50 <= (modes[1][1] or 0)


def test_a_deal_without_revenue_is_scored_without_size_and_says_so() -> None:
    universe = make_universe(buyers=1)
    make_listing(universe, "Secretive", revenue=None, ebitda=None)
    batch = score_all(universe)
    drain()
    score = Score.objects.get()
    assert "size" not in score.counted_dimensions
    assert score.composite_score is not None
    assert (
        "financial" in score.dimension_reasons["size"].lower() or "revenue" in score.dimension_reasons["size"]
    )
    batch.refresh_from_db()
    assert any("Secretive" in note["text"] for note in batch.notes if note["code"] == "no_revenue")


def test_every_buyer_disqualified_is_noted_on_the_batch() -> None:
    universe = make_universe(buyers=2, listings=1, excluded_services=["roof repair"])
    batch = score_all(universe)
    drain()
    batch.refresh_from_db()
    assert "all_disqualified" in [note["code"] for note in batch.notes]
    assert set(Score.objects.values_list("tier", flat=True)) == {"F"}


@pytest.mark.parametrize("what", ["buyer", "listing", "universe", "link", "moved"])
def test_what_went_away_meanwhile_cancels_its_jobs_with_words(what: str) -> None:
    universe = make_universe(buyers=1, listings=1)
    scoring.start(plan_deals(universe))
    # By the back door, so that nobody cancels the job beforehand.
    if what == "link":
        UniverseListing.objects.update(status=LinkStatus.ARCHIVED)
    elif what == "moved":
        Buyer.objects.update(universe=make_universe("Another"))
    else:
        model = {"buyer": Buyer, "listing": Listing, "universe": Universe}[what]
        model._default_manager.update(archived_at="2026-01-01T00:00Z")
    drain()
    job = Job.objects.get(kind=kinds.SCORE_FIT)
    assert job.state == "cancelled"
    assert "archived" in job.last_error or "any more" in job.last_error
    assert not Score.objects.exists()


def edit(row: Universe | Buyer | Listing) -> None:
    text = "description" if isinstance(row, Universe | Listing) else "business_summary"
    setattr(row, text, f"{getattr(row, text)} And something else by now.")
    save_content(row)


@pytest.mark.usefixtures("unlimited")
@pytest.mark.parametrize("model", [Universe, Buyer, Listing])
def test_what_was_edited_while_its_job_ran_is_saved_as_stale(
    sandbox: Sandbox, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    universe = make_universe(buyers=1, listings=1)
    scoring.start([plan_deals(universe), plan_alignment(universe)])
    asked: list[str] = []
    turn = threading.Lock()
    original = client.GeminiClient.generate_json

    def edit_and_ask(self: Any, **options: Any) -> Any:
        asked.append(options["prompt"])
        with turn:
            edit(model._default_manager.get())
        connection.close()
        return original(self, **options)

    monkeypatch.setattr(client.GeminiClient, "generate_json", edit_and_ask)
    drain()
    assert len(asked) == 2
    assert Score.objects.get().is_stale
    assert Buyer.objects.get().alignment_is_stale is (model is not Listing)
    monkeypatch.undo()
    score_all(universe, rescore=True)
    assert not Score.objects.get().is_stale


def test_alignment_is_scored_and_kept_with_its_history() -> None:
    universe = make_universe(buyers=3)
    scoring.start(plan_alignment(universe))
    drain()
    buyer = Buyer.objects.first()
    assert buyer is not None
    assert (buyer.alignment_scored_by, buyer.alignment_is_stale) == ("rules", False)
    assert buyer.alignment_score is not None
    assert 3 <= len(buyer.alignment_key_factors) <= 5
    snapshot = AlignmentSnapshot.objects.get(buyer=buyer)
    assert (snapshot.score, snapshot.facts_hash) == (buyer.alignment_score, buyer.alignment_facts_hash)
    assert AlignmentSnapshot.objects.count() == 3


@pytest.mark.usefixtures("unlimited")
def test_alignment_through_the_wire_is_that_of_the_rules(sandbox: Sandbox) -> None:
    universe = make_universe(buyers=2)
    scoring.start(plan_alignment(universe))
    drain()
    assert sandbox.report()["calls"] == 2
    by_model = dict(Buyer.objects.values_list("pk", "alignment_score"))
    assert set(Buyer.objects.values_list("alignment_scored_by", flat=True)) == {"ai"}
    with override_settings(GEMINI_API_KEY=""):
        scoring.start(plan_alignment(universe, rescore=True))
    drain()
    assert dict(Buyer.objects.values_list("pk", "alignment_score")) == by_model


def test_a_guide_that_vanished_fails_the_whole_batch_with_one_word() -> None:
    universe = make_universe(buyers=4)
    batch = scoring.start(plan_alignment(universe)).batch
    Universe.objects.update(guide_text="")
    drain()
    batch.refresh_from_db()
    assert (batch.state, batch.failed_units) == ("failed", 4)
    assert len(set(Job.objects.filter(kind=kinds.SCORE_ALIGNMENT).values_list("last_error", flat=True))) == 1
    assert not Buyer.objects.filter(alignment_score__isnull=False).exists()


def test_a_group_of_five_is_read_in_six_queries() -> None:
    universe = make_universe(buyers=5, listings=1)
    listing = Listing.objects.get()
    jobs = [
        JobContext(
            id=number,
            kind=kinds.SCORE_FIT,
            payload=kinds.FitPayload(universe_id=universe.pk, listing_id=listing.pk, buyer_id=buyer.pk),
            options={},
            provider="local",
            batch_id=None,
            attempt=1,
            lease_token=1,
            subject_type="listing",
            subject_id=str(listing.pk),
            created_by="",
            permit=UNMETERED,
        )
        for number, buyer in enumerate(Buyer.objects.all())
    ]
    with CaptureQueriesContext(connection) as queries:
        group = read_fits(jobs)
    assert len(group.works) == 5
    assert len(queries) <= 6
