"""What the chaos tests' jobs write: one row for each time a job took effect."""

from typing import ClassVar

from django.db import models


class Effect(models.Model):
    """A job took effect. Nothing keeps a second row for the same job out: that is what tests look for."""

    job = models.BigIntegerField()
    written_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Effect"]] = models.Manager()

    class Meta:
        app_label = "chaos"

    def __str__(self) -> str:
        return f"effect of job {self.job}"
