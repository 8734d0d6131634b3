"""Reference data with the ids of the contract: an empty system already speaks it."""

from django.core.management.color import no_style
from django.db import migrations

ROWS = {
    "PartTypeCategory": {1: {"name": "SIM"}, 2: {"name": "PCB"}, 3: {"name": "Battery"}},
    "PartType": {
        key: {"name": name, "part_type_category_id": category, "serial_number_category": "known"}
        for key, name, category in (
            (43, "SIM", 1),
            (44, "Tiger PCB", 2),
            (45, "Home 2 battery", 3),
            (72, "Enterprise battery", 3),
            (77, "Hyena PCB", 2),
            (122, "Koala PCB", 2),
            (158, "Jackal PCB", 2),
        )
    },
}


def fill(apps, schema_editor):
    models = []
    for name, rows in ROWS.items():
        model = apps.get_model("parts", name)
        models.append(model)
        for key, columns in rows.items():
            model.objects.get_or_create(pk=key, defaults={**columns, "created_by": "system"})
    # Rows with given keys leave PostgreSQL's sequences behind.
    for statement in schema_editor.connection.ops.sequence_reset_sql(no_style(), models):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("parts", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
