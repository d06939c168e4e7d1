"""A request for a drain says which cluster has it in hand; code of before goes on without."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("queue", "0006_refuse_unknown_zones"),
    ]

    operations = [
        migrations.AddField(
            model_name="drainrequest",
            name="cluster",
            field=models.CharField(
                db_default="", help_text="Which cluster took it to its slots.", max_length=60
            ),
        ),
    ]
