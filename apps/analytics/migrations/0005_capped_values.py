"""What the caps on tags, texts and values did to the records of an hour."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """New columns with a default of the database: no row is written."""

    dependencies = [
        ('analytics', '0004_series_of_minutes'),
    ]

    operations = [
        migrations.AddField(
            model_name='ledgerentry',
            name='other_hits',
            field=models.BigIntegerField(db_default=0, default=0, help_text='Requests counted under rare values, once for each dimension.'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='tags_left_out',
            field=models.BigIntegerField(db_default=0, default=0, help_text='Tags of stored records beyond the cap, neither kept nor counted.'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='texts_cut',
            field=models.BigIntegerField(db_default=0, default=0, help_text='Texts of stored records that are longer than what they are counted by.'),
        ),
    ]
