from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("repairs", "0008_stock")]

    operations = [
        migrations.AddIndex("repair", models.Index(fields=["ended_at", "refurbishment_date"], name="repairs_by_end")),
        migrations.AddIndex(
            "repair", models.Index(fields=["product", "ended_at", "refurbishment_date"], name="repairs_by_unit")
        ),
    ]
