"""Keep an uploaded file until it is imported, or for a day."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from scoring.remarketing.models import Universe, Upload
from scoring.remarketing.services.csv_import import ImportResult, Kind, import_csv

KEPT_FOR = timedelta(days=1)


def keep_upload(file: "UploadedFile[bytes]", *, kind: Kind, universe: Universe | None, by: User) -> Upload:
    """Store a file for its preview, and forget those that nobody confirmed."""
    Upload.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return Upload.objects.create(
        kind=kind,
        universe=universe,
        file_name=(file.name or "upload.csv")[:200],
        content=file.read(),
        uploaded_by=by,
    )


def preview_upload(upload: Upload) -> ImportResult:
    """Return what importing the file would do; raise CsvRefused with its faults."""
    return _run(upload, dry_run=True)


def import_upload(upload: Upload) -> ImportResult:
    """Import the file and forget it; raise CsvRefused with its faults."""
    with transaction.atomic():
        result = _run(upload, dry_run=False)
        upload.delete()
    return result


def _run(upload: Upload, *, dry_run: bool) -> ImportResult:
    return import_csv(
        bytes(upload.content),
        kind=upload.kind,  # type: ignore[arg-type]  # a CHECK keeps it to the three kinds
        universe=upload.universe,
        dry_run=dry_run,
        by=upload.uploaded_by,
    )
