"""The file of an import, and what stands in for columns that it has not."""

from typing import TYPE_CHECKING

from django import forms

from queueproject.csvimport.reading import LARGEST_FILE_BYTES
from scoring.taxonomy.models.words import MetricSource

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile


class NodesForm(forms.Form):
    """A file of nodes."""

    file = forms.FileField(
        label="CSV file",
        help_text="UTF-8 with a header line; at most 64 MiB.",
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse a file that is larger than what an import reads."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE_BYTES:
            raise forms.ValidationError("The file is larger than 64 MiB; split it.")
        return file


class MetricsForm(NodesForm):
    """A file of metrics."""

    measured_by = forms.ChoiceField(
        required=False,
        label="Measured by",
        choices=[("", "as the file's column source says"), *MetricSource.choices],
    )
    days_covered = forms.TypedChoiceField(
        required=False,
        label="A row covers",
        coerce=int,
        empty_value=None,
        choices=[("", "as the file's column days_covered says, else a day"), (1, "a day"), (7, "a week")],
    )
    is_synthetic = forms.BooleanField(
        required=False, label="The figures are made up", help_text="Wherever they count, pages then say so."
    )
