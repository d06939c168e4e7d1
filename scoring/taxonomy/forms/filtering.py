"""What narrows and orders lists; wrong values in a URL count as not given."""

from django import forms

from queueproject.console.forms import LenientForm
from scoring.taxonomy.models.words import Label, OptimizationStatus, Priority

ORDERS = {
    "-score": "score",
    "-revenue_potential": "revenue potential",
    "priority": "priority",
    "-confidence": "confidence",
    "effort": "effort, least first",
    "path": "path",
    "-computed_at": "scored last",
}


def _search(label: str) -> forms.CharField:
    return forms.CharField(
        required=False, max_length=100, label=label, widget=forms.TextInput(attrs={"type": "search"})
    )


class OpportunityForm(LenientForm):
    """Which opportunities of a project are shown, and in which order."""

    q = _search("Path, title or id")
    min_score = forms.IntegerField(required=False, min_value=0, max_value=100, label="Least score")
    priority = forms.TypedChoiceField(
        required=False, label="Priority", coerce=int, choices=[("", "all"), *Priority.choices]
    )
    status = forms.ChoiceField(
        required=False, label="Status", choices=[("", "all"), *OptimizationStatus.choices]
    )
    label = forms.ChoiceField(required=False, label="Label", choices=[("", "all"), *Label.choices])
    under = forms.IntegerField(
        required=False, min_value=1, max_value=2**63 - 1, label="Below node", help_text="Number of a node."
    )
    sort = forms.ChoiceField(
        required=False,
        label="Order by",
        choices=[("", ORDERS["-score"]), *((key, words) for key, words in ORDERS.items() if key != "-score")],
    )


class DifferenceForm(LenientForm):
    """Which differences of two analyses are shown, and in which order."""

    q = _search("Path or id")
    show = forms.ChoiceField(
        required=False,
        label="Show",
        choices=[
            ("", "all"),
            ("newly_failed", "newly failed"),
            ("mended", "failed before, not now"),
            ("changed", "score changed"),
        ],
    )
    sort = forms.ChoiceField(
        required=False,
        label="Order by",
        choices=[
            ("", "path"),
            ("rise", "risen most"),
            ("fall", "fallen most"),
            ("lift", "lift gained most"),
            ("loss", "lift lost most"),
        ],
    )


class ErrorForm(LenientForm):
    """Which failed nodes of an analysis are shown."""

    q = _search("Path or id")
    kind = forms.CharField(required=False, max_length=100, label="Error")
