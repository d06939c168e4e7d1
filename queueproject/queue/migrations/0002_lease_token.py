"""The sequence every lease token comes from: a token never comes twice, whatever becomes of its job."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("queue", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql=(HERE / "lease_token.sql").read_text(),
            reverse_sql=(HERE / "drop_lease_token.sql").read_text(),
        )
    ]
