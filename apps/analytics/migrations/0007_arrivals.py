"""When records came, and whose clock is ahead."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """New columns, empty or with a default of the database: no row is written."""

    dependencies = [
        ('analytics', '0006_implausible_records'),
    ]

    operations = [
        migrations.AddField(
            model_name='ledgerentry',
            name='ahead',
            field=models.FloatField(db_default=0, default=0, help_text='Seconds that the newest record was later than its arrival: a clock is ahead.'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='arrived_at',
            field=models.DateTimeField(help_text='When its newest stored records came.', null=True),
        ),
    ]
