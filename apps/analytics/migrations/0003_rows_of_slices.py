"""How many rows of minutes each slice has, by which a fold bounds its memory."""

from __future__ import annotations

from django.db import migrations, models

class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0002_overall_errors'),
    ]

    operations = [
        migrations.AddField(
            model_name='slice',
            name='minute_rows',
            field=models.BigIntegerField(db_default=0, default=0, help_text='Rows of minutes it has.'),
        ),
    ]
