"""Reference data with the ids of the contract: an empty system already speaks it."""

from django.core.management.color import no_style
from django.db import migrations

STATES = (
    "NON_EXISTANT",
    "STORED",
    "SHIPPED",
    "ACTIVATING",
    "ACTIVATED",
    "MONITORED",
    "UNMONITORED",
    "IN_REPAIR_SYSTEM",
    "TERMINATED",
)
TYPES = {1: "BB17SMART_v1", 2: "BB17SMART_v2", 4: "Enterprise", 6: "Home 2", 7: "Hub 2", 10: "Home 3"}
ROWS = {
    "StateType": {number: {"name": name} for number, name in enumerate(STATES, start=1)},
    "ProductType": {key: {"name": name, "credit_type": "time"} for key, name in TYPES.items()},
}


def fill(apps, schema_editor):
    models = []
    for name, rows in ROWS.items():
        model = apps.get_model("products", name)
        models.append(model)
        for key, columns in rows.items():
            model.objects.get_or_create(pk=key, defaults={**columns, "created_by": "system"})
    # Rows with given keys leave PostgreSQL's sequences behind.
    for statement in schema_editor.connection.ops.sequence_reset_sql(no_style(), models):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("products", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
