"""What narrows and orders a ranking; wrong values in a URL count as not given."""

from django import forms

from queueproject.console.forms import LenientForm
from scoring.remarketing.models.words import FitConfidence, ScoreStatus, Tier

SHOWN = "shown"
SORTS = {
    "score": "score",
    "service": "services",
    "size": "size",
    "geography": "geography",
    "owner_goals": "owner goals",
    "name": "name",
    "scored": "scored last",
}


class RankingForm(LenientForm):
    """Which buyers of a deal are shown, and in which order."""

    q = forms.CharField(
        required=False, max_length=100, label="Buyer", widget=forms.TextInput(attrs={"type": "search"})
    )
    tier = forms.ChoiceField(required=False, label="Tier", choices=[("", "all"), *Tier.choices])
    status = forms.ChoiceField(
        required=False,
        label="Status",
        choices=[("", "all but hidden"), ("all", "all"), *ScoreStatus.choices],
    )
    confidence = forms.ChoiceField(
        required=False, label="Confidence", choices=[("", "any"), *FitConfidence.choices]
    )
    min_score = forms.IntegerField(required=False, min_value=0, max_value=100, label="Least score")
    stale = forms.BooleanField(required=False, label="Stale only")
    review = forms.BooleanField(required=False, label="Needs review")
    sort = forms.ChoiceField(
        required=False, label="Order by", choices=[("", "score"), *list(SORTS.items())[1:]]
    )


class AlignmentForm(LenientForm):
    """Which buyers of a universe are shown, best aligned first."""

    q = forms.CharField(
        required=False, max_length=100, label="Buyer", widget=forms.TextInput(attrs={"type": "search"})
    )
    badge = forms.ChoiceField(
        required=False,
        label="Alignment",
        choices=[
            ("", "all"),
            ("excellent", "excellent fit"),
            ("good", "good fit"),
            ("partial", "partial fit"),
            ("weak", "weak fit"),
            ("poor", "poor fit"),
            ("none", "not scored"),
        ],
    )
    stale = forms.BooleanField(required=False, label="Stale only")


class DealsForm(LenientForm):
    """Which deals of a universe are shown."""

    q = forms.CharField(
        required=False, max_length=100, label="Deal", widget=forms.TextInput(attrs={"type": "search"})
    )
