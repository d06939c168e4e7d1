"""Held jobs have an index in their order, and a batch's jobs one that tells them apart; neither stops any worker."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("queue", "0007_say_which_cluster_has_a_request_in_hand")]

    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                condition=models.Q(("batch__isnull", False)),
                fields=["batch", "state", "held"],
                name="job_in_batch",
            ),
        ),
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                condition=models.Q(("held__isnull", False)),
                fields=["batch", "sort_key", "id"],
                name="job_held",
            ),
        ),
        RemoveIndexConcurrently(model_name="job", name="job_batch"),
    ]
