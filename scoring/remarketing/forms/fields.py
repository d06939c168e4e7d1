"""Form fields for columns that hold lists."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from queueproject.csvimport import join_list, split_list


class TextListField(forms.CharField):
    """A list of texts, written as in the CSV files: separated by semicolons."""

    widget = forms.Textarea(attrs={"rows": 2, "cols": 80, "class": "vLargeTextField"})

    def __init__(self, *, base_field: Any = None, max_length: int | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.help_text = f"{self.help_text} Separated by semicolons.".strip()

    def prepare_value(self, value: Any) -> Any:
        """Return the list as one line of text."""
        return join_list(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the entries of the text."""
        text = value if isinstance(value, str) else ""
        if "\x00" in text:
            raise ValidationError("Null characters are not allowed.", code="null_characters_not_allowed")
        return list(split_list(text))
