"""Workers lost before a job was seen to start are counted; limits that no sum could hold are refused.

Quick on a large table: the new column has a constant default. A limit above 10^12 or an interval below a
millisecond that is stored already stops it, with the constraint's name: set another one first.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("queue", "0008_find_held_jobs_in_order"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="budget",
            name="budget_limit_positive",
        ),
        migrations.RemoveConstraint(
            model_name="provider",
            name="provider_interval",
        ),
        migrations.AddField(
            model_name="job",
            name="losses",
            field=models.IntegerField(
                db_default=0, default=0, help_text="Workers lost before they were seen to have started it."
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("limit__isnull", True),
                    models.Q(("limit__gte", 1), ("limit__lte", 1000000000000)),
                    _connector="OR",
                ),
                name="budget_limit_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="provider",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("min_interval_seconds", 0),
                    models.Q(("min_interval_seconds__gte", 0.001), ("min_interval_seconds__lte", 3600)),
                    _connector="OR",
                ),
                name="provider_interval",
            ),
        ),
    ]
