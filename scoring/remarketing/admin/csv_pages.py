"""The admin's CSV pages: choose a file, look at what it would do, import it; and export."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from queueproject.console.words import count_words
from queueproject.csvimport import CsvRefused, list_columns
from queueproject.csvimport.reading import LARGEST_FILE_BYTES
from scoring.remarketing.models import Universe, Upload
from scoring.remarketing.page_selectors.universes import find_universes_of
from scoring.remarketing.services.csv_export import export_csv
from scoring.remarketing.services.csv_import import ROW_OF_KIND, ImportResult, Kind
from scoring.remarketing.services.uploads import import_upload, keep_upload, preview_upload

_MOST_IDS_IN_A_LINK = 300


class UploadForm(forms.Form):
    """A file, and the universe that takes its rows."""

    file = forms.FileField(
        label="CSV file",
        help_text="UTF-8 with a header line; at most 64 MiB.",
        widget=forms.FileInput(attrs={"accept": ".csv"}),
    )
    universe = forms.ModelChoiceField(queryset=Universe.objects.none(), required=False)

    def __init__(self, *args: Any, kind: Kind, **options: Any) -> None:
        super().__init__(*args, **options)
        if kind == "universes":
            del self.fields["universe"]
            return
        takes = (
            "Takes buyers that name none."
            if kind == "buyers"
            else "All listings of the file are put to work in it."
        )
        choice = self.fields["universe"]
        choice.help_text = takes
        if isinstance(choice, forms.ModelChoiceField):
            choice.queryset = Universe.objects.unarchived().order_by("name")

    def clean_file(self) -> "UploadedFile[bytes]":
        """Refuse a file that is too large to keep."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_FILE_BYTES:
            raise forms.ValidationError("The file is larger than 64 MiB; split it.")
        return file


class CsvPages(admin.ModelAdmin):  # type: ignore[type-arg]  # mixed into admins of three models
    """Import and export buttons on the list, and the pages behind them."""

    csv_kind: Kind
    change_list_template = "remarketing/csv_change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """Put the pages before the admin's own, which take any word for an id."""
        wrap = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("import/", wrap(self.upload_view), name=f"{name}_import"),
            path("import/<uuid:upload_id>/", wrap(self.preview_view), name=f"{name}_preview"),
            path("export/", wrap(self.export_view), name=f"{name}_export"),
            *super().get_urls(),
        ]

    def has_import_permission(self, request: HttpRequest) -> bool:
        """Ask for both rights, since a file creates and updates."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Offer the buttons a person may press."""
        buttons = {
            "has_import_permission": self.has_import_permission(request),
            "csv_urls": self._get_urls_by_name(),
        }
        return super().changelist_view(request, {**buttons, **(extra_context or {})})

    def upload_view(self, request: HttpRequest) -> HttpResponseBase:
        """Take a file and show its preview."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None, kind=self.csv_kind)
        if request.method == "POST" and form.is_valid():
            upload = keep_upload(
                form.cleaned_data["file"],
                kind=self.csv_kind,
                universe=form.cleaned_data.get("universe"),
                by=request.user,  # type: ignore[arg-type]  # admin_view lets nobody anonymous in
            )
            return redirect(self._get_url("preview", upload.pk))
        context = {"form": form, "columns": list_columns(ROW_OF_KIND[self.csv_kind])}
        return self._render(request, "remarketing/csv_import.html", f"Import {self.csv_kind}", context)

    def preview_view(self, request: HttpRequest, upload_id: UUID) -> HttpResponseBase:
        """Show what the file would do; on POST do it."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        mine = Upload.objects.select_related("universe", "uploaded_by").filter(uploaded_by=request.user.pk)
        upload = get_object_or_404(mine, pk=upload_id, kind=self.csv_kind)
        context: dict[str, Any] = {"upload": upload}
        try:
            if request.method == "POST":
                return self._confirm(request, upload)
            context["result"] = preview_upload(upload)
        except CsvRefused as refused:
            context["faults"] = refused.faults
        return self._render(request, "remarketing/csv_preview.html", f"Import {upload.file_name}", context)

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Stream all rows, or those of `?universe=`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = request.GET.get("universe", "")
        universe = get_object_or_404(Universe, pk=int(asked)) if asked.isdigit() else None
        lines = export_csv(kind=self.csv_kind, universe=universe, bom=True)
        name = f"{self.csv_kind}-{timezone.localdate().isoformat()}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)

    def after_import(self, request: HttpRequest, result: ImportResult) -> None:
        """Offer to score what is new; scoring is never started by an import."""
        if self.csv_kind != "universes" and request.user.has_perm("remarketing.score"):
            for sentence in offer_scoring(self.csv_kind, result):
                messages.info(request, sentence)

    def _confirm(self, request: HttpRequest, upload: Upload) -> HttpResponse:
        result = import_upload(upload)
        messages.success(request, describe_result(result))
        self.after_import(request, result)
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def _get_url(self, page: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=args)

    def _get_urls_by_name(self) -> dict[str, str]:
        return {page: self._get_url(page) for page in ("import", "export", "changelist")}

    def _render(
        self, request: HttpRequest, template: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        shared = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "kind": self.csv_kind,
        }
        return TemplateResponse(
            request, template, {**shared, "csv_urls": self._get_urls_by_name(), **context}
        )


def offer_scoring(kind: Kind, result: ImportResult) -> Iterator[SafeString]:
    """Yield a link to score the rows a file created; one per universe where they are many."""
    created = result.created_ids
    if created and len(created) <= _MOST_IDS_IN_A_LINK:
        what = "buyers-deals" if kind == "buyers" else "listings"
        url = f"{reverse('remarketing:start', args=[what])}?ids={','.join(map(str, created))}"
        yield _link(url, f"Score the {count_words(len(created), f'new {kind[:-1]}')}")
        return
    for universe in find_universes_of(kind, created):
        url = f"{reverse('remarketing:start', args=['universe-deals'])}?ids={universe.pk}"
        yield _link(url, f"Score the new {kind} of {universe}")


def _link(url: str, words: str) -> SafeString:
    return format_html('<a href="{}">{}</a>', url, words)


def describe_result(result: ImportResult) -> str:
    """Say in a sentence what an import did."""
    parts = [f"{result.created} created", f"{result.updated} updated", f"{result.unchanged} unchanged"]
    if result.linked:
        parts.append(f"{result.linked} put to work in a universe")
    if result.marked_stale:
        parts.append(f"{result.marked_stale} scores are stale now")
    return f"{result.rows} {result.kind} read: {', '.join(parts)}."
