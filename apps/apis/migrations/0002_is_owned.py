from django.db import migrations, models

# Until now an API was owned as long as it had owner rows. Rows of an API that nobody owns are left alone.
MARK_OWNED = """
UPDATE apis_api SET is_owned = true
WHERE id IN (SELECT content_object_id FROM apis_userowner UNION SELECT content_object_id FROM apis_groupowner);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('apis', '0001_apis_and_owners'),
    ]

    operations = [
        migrations.AddField(
            model_name='api',
            name='is_owned',
            field=models.BooleanField(db_default=False, default=False, editable=False, help_text='Closed to everybody but its owners and administrators, also when the last owner was deleted.'),
        ),
        migrations.RunSQL(MARK_OWNED, migrations.RunSQL.noop),
    ]
