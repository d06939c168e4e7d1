"""How to score: the options of a start page."""

import json
from collections.abc import Collection
from typing import Any

from django import forms

from scoring.remarketing.models.words import GeographyMode, Level
from scoring.remarketing.services.plans import FitOptions


class OptionsForm(forms.Form):
    """Options of one start; those that it does not take are not there."""

    rescore = forms.BooleanField(
        required=False,
        label="Score again what has a score",
        help_text="Otherwise it is skipped. What staff decided or set by hand stays either way.",
    )
    instructions = forms.CharField(
        required=False,
        max_length=2_000,
        label="Instructions",
        help_text="Sent along with every question to the model; everything is then scored again.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    geography_mode = forms.ChoiceField(
        required=False,
        label="Geography",
        choices=[("", "as the universe says"), *GeographyMode.choices],
        help_text="How much geography weighs, this time.",
    )
    min_completeness = forms.ChoiceField(
        required=False,
        label="Least known of a buyer",
        choices=[("", "any"), *Level.choices],
        help_text="Buyers of whom less is known are left out.",
    )

    def __init__(self, *args: Any, taken: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(taken):
            del self.fields[name]

    def get_options(self) -> FitOptions:
        """Return what was chosen; the defaults for a form that nobody filled yet, or wrongly."""
        values = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        known = {name: values[name] for name in self.fields if values.get(name)}
        if "rescore" in known:
            known["rescore"] = True
        return FitOptions(**known)

    def sign(self) -> str:
        """Return what tells these options from others: figures shown for others do not count."""
        options = self.get_options()
        return json.dumps({name: getattr(options, name) for name in sorted(self.fields)})
