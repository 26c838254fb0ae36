from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0002_truncation_and_heads'),
    ]

    operations = [
        migrations.AddField(
            model_name='auditchain',
            name='sound_digest',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
        migrations.AddField(
            model_name='auditchain',
            name='sound_sequence',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
