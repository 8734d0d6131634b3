"""Reference data with the ids of the contract: an empty system already speaks it."""

from django.core.management.color import no_style
from django.db import migrations

ROWS: dict = {"Channel": {"product-status": {}, "product-alert": {}, "dcm": {}}}


def fill(apps, schema_editor):
    models = []
    for name, rows in ROWS.items():
        model = apps.get_model("webhooks", name)
        models.append(model)
        for key, columns in rows.items():
            model.objects.get_or_create(pk=key, defaults={**columns, "created_by": "system"})
    # Rows with given keys leave PostgreSQL's sequences behind.
    for statement in schema_editor.connection.ops.sequence_reset_sql(no_style(), models):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
