from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q

POINTERS = {"EnableHistory": "latest_enable_history", "TamperEnableHistory": "latest_tamper_enable_history"}


def settled(apps, schema_editor):
    """Of orders that another row has followed nobody looks at the deadline any more."""
    units = apps.get_model("products", "Product").objects
    for name, pointer in POINTERS.items():
        latest = units.filter(product_imei=OuterRef("product_id"), **{f"{pointer}_id": OuterRef("pk")})
        rows = apps.get_model("products", name).objects.filter(valid_until__isnull=False, lapsed=False)
        rows.filter(~Exists(latest)).update(lapsed=None)


class Migration(migrations.Migration):
    dependencies = [("products", "0010_located")]
    operations = [
        *(
            migrations.AlterField(model_name=name, name="lapsed", field=models.BooleanField(default=False, null=True))
            for name in (
                "enablehistory",
                "historicalenablehistory",
                "historicaltamperenablehistory",
                "tamperenablehistory",
            )
        ),
        migrations.AddIndex(
            model_name="tamperenablehistory",
            index=models.Index(
                fields=["valid_until"],
                condition=Q(("lapsed", False), ("valid_until__isnull", False)),
                name="products_tamper_with_deadline",
            ),
        ),
        migrations.RunPython(settled, migrations.RunPython.noop),
    ]
