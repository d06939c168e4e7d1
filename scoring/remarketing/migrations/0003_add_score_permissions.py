"""The rights to start scoring and to decide about buyers."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("remarketing", "0002_create_upload")]

    operations = [
        migrations.AlterModelOptions(
            name="score",
            options={
                "permissions": [
                    ("score", "Can start scoring"),
                    ("decide", "Can approve, pass and hide buyers, and set scores by hand"),
                ]
            },
        ),
    ]
