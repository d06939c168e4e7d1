"""How soon autovacuum comes to the tables that every job rewrites; the figures are explained in the statement."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("queue", "0003_let_a_job_pass_all_units_on")]

    operations = [
        migrations.RunSQL(
            sql=(HERE / "vacuum_hot_tables.sql").read_text(),
            reverse_sql=(HERE / "vacuum_as_by_default.sql").read_text(),
        )
    ]
