from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("products", "0011_deadlines_settled")]
    operations = [
        migrations.AddIndex(
            model_name="enablehistory",
            index=models.Index(
                condition=Q(("lapsed", True)), fields=["enable_history_id"], name="products_order_lapsed"
            ),
        ),
        migrations.AddIndex(
            model_name="product",
            index=models.Index(
                condition=Q(("rtc_enabled_flag", True)), fields=["ip_address"], name="products_rtc_address"
            ),
        ),
        migrations.AddIndex(
            model_name="productsoftwarelinker",
            index=models.Index(
                condition=Q(("date_added", None), ("date_removed", None)),
                fields=["rollout"],
                name="products_software_open",
            ),
        ),
    ]
