"""Reference data with the ids of the contract: an empty system already speaks it."""

from django.core.management.color import no_style
from django.db import migrations

ROWS = {
    "Network": {
        63510: {"name": "Rwanda MTN", "mcc": 635, "mnc": 10},
        63514: {"name": "Rwanda Airtel", "mcc": 635, "mnc": 14},
    }
}


def fill(apps, schema_editor):
    models = []
    for name, rows in ROWS.items():
        model = apps.get_model("connectivity", name)
        models.append(model)
        for key, columns in rows.items():
            model.objects.get_or_create(pk=key, defaults={**columns, "created_by": "system"})
    # Rows with given keys leave PostgreSQL's sequences behind.
    for statement in schema_editor.connection.ops.sequence_reset_sql(no_style(), models):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("connectivity", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
