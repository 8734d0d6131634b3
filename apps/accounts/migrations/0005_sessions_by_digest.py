"""Sessions are kept by a digest of their key from now on: everybody signs in anew after this upgrade."""

from django.db import migrations


def forget(apps, schema_editor):
    apps.get_model("accounts", "Session").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_access"),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
    ]
