from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns keep their names: the tables are full, and nothing in them changes."""

    dependencies = [
        ('sso', '0001_identity_providers'),
    ]

    operations = [
        migrations.RenameModel(old_name='Visitor', new_name='ExternalUser'),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField('identityprovider', 'sealed_secret', 'encrypted_secret'),
                migrations.AlterField(
                    model_name='identityprovider',
                    name='encrypted_secret',
                    field=models.TextField(blank=True, db_column='sealed_secret', editable=False),
                ),
            ],
        ),
    ]
