"""Upload: a CSV file between its preview and its import."""

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models

from scoring.remarketing.models import checks
from scoring.remarketing.models.universe import Universe
from scoring.remarketing.models.words import UploadKind


class Upload(models.Model):
    """A file that one person looked at and has not imported yet: what is confirmed is what was shown."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=UploadKind.choices)
    universe = models.ForeignKey(Universe, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=200)
    content = models.BinaryField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [checks.known_word("upload", "kind", UploadKind)]

    def __str__(self) -> str:
        return self.file_name
