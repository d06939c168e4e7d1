"""What staff choose before an analysis starts."""

from typing import Any

from django import forms
from pydantic.fields import FieldInfo

from scoring.taxonomy.models.words import AnalysisType
from scoring.taxonomy.services import AnalysisOptions

LABELS = {
    "batch_size": "Nodes in one chunk",
    "max_retries": "Retries of a node",
    "retry_delay_ms": "Delay before the first retry, in milliseconds",
    "concurrency": "Chunks at once",
    "timeout_ms": "Most work on one chunk, in milliseconds",
}


def _make_field(name: str, option: FieldInfo) -> forms.IntegerField:
    """Return the field of an option, with its own default, bounds and words."""
    bounds = {key: getattr(one, key) for one in option.metadata for key in ("ge", "le") if hasattr(one, key)}
    return forms.IntegerField(
        min_value=bounds["ge"],
        max_value=bounds["le"],
        initial=option.default,
        label=LABELS[name],
        help_text=f"{option.description} {bounds['ge']:,} to {bounds['le']:,}.",
    )


class StartForm(forms.Form):
    """Type and options of an analysis; what an option may be is what the service takes."""

    type = forms.ChoiceField(
        label="What is worked out", choices=AnalysisType.choices, initial=AnalysisType.FULL_ANALYSIS
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, option in AnalysisOptions.model_fields.items():
            self.fields[name] = _make_field(name, option)

    def get_options(self) -> AnalysisOptions:
        """Return the options chosen; the defaults for a form that nobody filled yet, or wrongly."""
        if not (self.is_bound and self.is_valid()):
            return AnalysisOptions()
        return AnalysisOptions.parse({name: self.cleaned_data[name] for name in LABELS})
