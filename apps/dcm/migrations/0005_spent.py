"""Ids that were used before they had a table, and balances that were all reported by their units."""

from django.db import migrations
from django.db.models import F
from django.db.models.functions import Coalesce

BATCH = 5000


def fill(apps, schema_editor):
    spent = apps.get_model("dcm", "SpentId")
    used = apps.get_model("dcm", "PaymentCommand").objects.order_by("pk").values_list("transaction_id", flat=True)
    held = []
    for key in used.iterator(chunk_size=BATCH):
        held.append(spent(transaction_id=key))
        if len(held) == BATCH:
            spent.objects.bulk_create(held, ignore_conflicts=True)
            held = []
    spent.objects.bulk_create(held, ignore_conflicts=True)
    balances = apps.get_model("dcm", "Balance").objects.filter(reported_at=None)
    balances.update(reported_at=Coalesce(F("modified_at"), F("created_at")))


class Migration(migrations.Migration):
    dependencies = [("dcm", "0004_ledger")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
