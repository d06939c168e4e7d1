"""What staff type when they pass over a buyer or set a score by hand."""

from django import forms

from scoring.remarketing.models.words import PassCategory


class PassForm(forms.Form):
    """Why a buyer is passed over; its category teaches later scores."""

    pass_category = forms.ChoiceField(
        label="Because of",
        choices=PassCategory.choices,
        help_text="Repeated passes for one cause lower the buyer's later scores.",
    )
    reason = forms.CharField(
        required=False, max_length=1_000, label="Reason", widget=forms.Textarea(attrs={"rows": 3})
    )


class OverrideForm(forms.Form):
    """A score that a person sets, with its reason."""

    value = forms.IntegerField(min_value=0, max_value=100, label="Score by hand")
    reason = forms.CharField(
        max_length=1_000,
        label="Reason",
        help_text="Shown beside the score.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
