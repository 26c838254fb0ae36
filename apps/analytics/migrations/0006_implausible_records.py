"""A reason for which records are rejected: numbers that nothing measured."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Choices are Django's own: nothing changes in the database."""

    dependencies = [
        ('analytics', '0005_capped_values'),
    ]

    operations = [
        migrations.AlterField(
            model_name='rejectedrecord',
            name='reason',
            field=models.TextField(choices=[('undecodable', 'not an analytics record'), ('implausible', 'a number that nothing measured'), ('out_of_window', 'its time is outside the days that are kept'), ('refused', 'refused by the database')]),
        ),
    ]
