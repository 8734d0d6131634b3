"""The type whose units keep their own credit, always: reference data (contract/actions.md, "Credit")."""

from django.db import migrations


def fill(apps, schema_editor):
    kinds = apps.get_model("products", "ProductType").objects
    kind, _made = kinds.get_or_create(name="BP20", defaults={"credit_type": "time", "created_by": "system"})
    kinds.filter(pk=kind.pk).update(dcm_by_default=True)
    apps.get_model("products", "Product").objects.filter(product_type_id=kind.pk).update(dcm_enabled_flag=True)


class Migration(migrations.Migration):
    dependencies = [("products", "0014_credit")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
