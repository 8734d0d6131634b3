from django.db import migrations, models


def known(apps, schema_editor):
    apps.get_model("products", "Product").objects.filter(latest_connection_location__isnull=False).update(located=True)


class Migration(migrations.Migration):
    dependencies = [("products", "0009_rollouts")]
    operations = [
        migrations.AddField("historicalproduct", "located", models.BooleanField(default=False)),
        migrations.AddField("product", "located", models.BooleanField(default=False)),
        migrations.RunPython(known, migrations.RunPython.noop),
    ]
