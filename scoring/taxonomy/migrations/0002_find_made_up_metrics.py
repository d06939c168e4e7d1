"""Find made-up figures without reading the measured ones."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("taxonomy", "0001_create_taxonomy")]

    operations = [
        migrations.AddIndex(
            model_name="nodemetric",
            index=models.Index(
                condition=models.Q(("is_synthetic", True)),
                fields=["node"],
                name="taxonomy_nodemetric_made_up",
            ),
        ),
    ]
