import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("queue", "0004_vacuum_hot_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="TokenRatio",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=100)),
                ("estimated", models.FloatField()),
                ("actual", models.FloatField()),
                ("noted", models.FloatField(default=1, help_text="The ratio the time line last told of.")),
            ],
        ),
        migrations.AddField(
            model_name="provider",
            name="min_interval_seconds",
            field=models.FloatField(
                default=0,
                help_text="Least time from one call's start to the next, over all workers. 0: none.",
            ),
        ),
        migrations.AddField(
            model_name="provider",
            name="next_call_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When that interval lets the next call start.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="provider",
            constraint=models.CheckConstraint(
                condition=models.Q(("min_interval_seconds__gte", 0), ("min_interval_seconds__lte", 3600)),
                name="provider_interval",
            ),
        ),
        migrations.AddField(
            model_name="tokenratio",
            name="provider",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="token_ratios",
                to="queue.provider",
            ),
        ),
        migrations.AddConstraint(
            model_name="tokenratio",
            constraint=models.UniqueConstraint(fields=("provider", "kind"), name="token_ratio_once"),
        ),
        migrations.AddConstraint(
            model_name="tokenratio",
            constraint=models.CheckConstraint(
                condition=models.Q(("actual__gte", 0), ("estimated__gt", 0)), name="token_ratio_sums"
            ),
        ),
    ]
