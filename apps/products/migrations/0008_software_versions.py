"""Reference data of orders: the versions that the documentation names, and which types of unit may run them."""

import datetime as dt

from django.core.management.color import no_style
from django.db import migrations

# Of seed 004, "WakeUp": boards of tiger, jackal and hyena run numbered releases, hubs and enterprise units their own too.
NUMBERED = ("2.15", "2.16", "3.2", "3.3", "3.4", "3.5", "3.6", "3.6a")
HUBS = tuple(f"hub-stc-{number}" for number in range(1, 7))
ALLOWED = {name: (4, 6, 7, 10) for name in NUMBERED} | {name: (4, 7) for name in HUBS}


def fill(apps, schema_editor):
    version_type = apps.get_model("products", "SoftwareVersionType")
    linker = apps.get_model("products", "ProductTypeSoftwareVersionTypeLinker")
    product_type = apps.get_model("products", "ProductType")
    for name, types in ALLOWED.items():
        version, made = version_type.objects.get_or_create(
            name=name,
            defaults={
                "release_date": dt.datetime(2016, 1, 1, tzinfo=dt.UTC),
                "status": "stable",
                "created_by": "system",
            },
        )
        if not made:  # somebody keeps it already, and knows where it may run
            continue
        for key in product_type.objects.filter(pk__in=types).order_by("pk").values_list("pk", flat=True):
            linker.objects.get_or_create(
                product_type_id=key, software_version_type=version, defaults={"created_by": "system"}
            )
    for statement in schema_editor.connection.ops.sequence_reset_sql(no_style(), [version_type, linker]):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("products", "0007_deadlines")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
