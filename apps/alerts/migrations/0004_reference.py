"""The alert types that ship: an empty system knows what may be wrong with units."""

from django.db import migrations

TYPES = {
    "balance drift": {
        "name": "Clock runs wrong", "version": 1, "category": "credit", "severity": "medium", "status": "live",
        "purpose": "The credit of a unit falls by another clock than ours",
        "message": "The balance falls faster or slower than time goes by, by more than a tenth",
        "analysis_frequency": 3600.0, "active": True,
    },
}  # fmt: skip


def fill(apps, schema_editor):
    for label, columns in TYPES.items():
        apps.get_model("alerts", "AlertType").objects.get_or_create(
            label=label, defaults={**columns, "created_by": "system"}
        )


class Migration(migrations.Migration):
    dependencies = [("alerts", "0003_row_history")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
