"""What staff type on console pages."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from queueproject.queue.conf import Knob
from queueproject.queue.models import Provider

LARGEST = 10**12


def _reason() -> forms.CharField:
    return forms.CharField(
        max_length=500, required=False, label="Reason", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class LenientForm(forms.Form):
    """A form in a URL: what does not fit is ignored, so that an old link still opens."""

    def get_values(self) -> dict[str, Any]:
        """Return what was given and fits."""
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", False)}


class LimitForm(forms.Form):
    """A budget's limit; empty is no limit."""

    limit = forms.IntegerField(
        min_value=1, max_value=LARGEST, required=False, label="Limit", help_text="Empty: not limited."
    )
    reason = _reason()


class ConcurrencyForm(forms.Form):
    """How much of a provider may be under way at once."""

    max_in_flight = forms.IntegerField(
        min_value=1,
        max_value=10_000,
        label="Calls in flight",
        help_text=str(Provider._meta.get_field("max_in_flight").help_text),
    )
    max_concurrent_workers = forms.IntegerField(
        min_value=1,
        max_value=10_000,
        required=False,
        label="Workers at once",
        help_text=str(Provider._meta.get_field("max_concurrent_workers").help_text),
    )
    min_interval_seconds = forms.FloatField(
        min_value=0,
        max_value=3600,
        required=False,
        label="Seconds between calls",
        help_text=str(Provider._meta.get_field("min_interval_seconds").help_text),
    )
    reason = _reason()


class SettingForm(forms.Form):
    """One setting's value, in the type of its default."""

    reason = _reason()

    def __init__(self, *args: Any, knob: Knob, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.knob = knob
        self.fields = {"value": value_field(knob), "reason": self.fields["reason"]}

    def clean_value(self) -> Any:
        value = self.cleaned_data["value"]
        if isinstance(self.knob.default, bool):
            value = value == "true"
        try:
            return self.knob.validate(value)
        except ValidationError as error:
            raise ValidationError(
                [text.removeprefix(f"{self.knob.key}: ") for text in error.messages]
            ) from error


def value_field(knob: Knob) -> forms.Field:
    """Return the field a knob's value is typed into."""
    if isinstance(knob.default, bool):
        return forms.ChoiceField(choices=[("true", "on"), ("false", "off")], label="Value")
    if isinstance(knob.default, Mapping):
        return forms.JSONField(label="Value", widget=forms.Textarea(attrs={"rows": len(knob.default) + 2}))
    if isinstance(knob.default, int):
        return forms.IntegerField(label="Value")
    return forms.FloatField(label="Value")


def initial_value(value: Any) -> Any:
    """Return a stored value as its field shows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
