"""Refuse a budget's time zone that the database does not know."""

from pathlib import Path

from django.db import migrations

HERE = Path(__file__).parent


class Migration(migrations.Migration):
    dependencies = [("queue", "0005_pace_calls_and_learn_token_ratios")]

    operations = [
        migrations.RunSQL((HERE / "check_zones.sql").read_text(), (HERE / "uncheck_zones.sql").read_text())
    ]
