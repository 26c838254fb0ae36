from django.db import migrations, models


class Migration(migrations.Migration):
    """The column keeps its name: the table is full, and nothing in it changes."""

    dependencies = [
        ("audit", "0003_acknowledged_breaks"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameField(model_name="auditchain", old_name="seal", new_name="signature"),
                migrations.AlterField(
                    model_name="auditchain",
                    name="signature",
                    field=models.CharField(db_column="seal", max_length=64),
                ),
            ],
        ),
    ]
