from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0012_open_orders"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalproductparameter",
            name="lapsed",
            field=models.BooleanField(default=False, null=True),
        ),
        migrations.AddField(
            model_name="historicalproductparameter",
            name="valid_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="historicalproductsoftwarelinker",
            name="lapsed",
            field=models.BooleanField(default=False, null=True),
        ),
        migrations.AddField(
            model_name="historicalproductsoftwarelinker",
            name="valid_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="productparameter",
            name="lapsed",
            field=models.BooleanField(default=False, null=True),
        ),
        migrations.AddField(
            model_name="productparameter",
            name="valid_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="productsoftwarelinker",
            name="lapsed",
            field=models.BooleanField(default=False, null=True),
        ),
        migrations.AddField(
            model_name="productsoftwarelinker",
            name="valid_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="enablehistory",
            index=models.Index(condition=models.Q(("lapsed", True)), fields=["product"], name="products_lapsed_switch"),
        ),
        migrations.AddIndex(
            model_name="productparameter",
            index=models.Index(
                condition=models.Q(("status", "pending"), ("valid_until__isnull", False)),
                fields=["valid_until"],
                name="products_parameter_deadline",
            ),
        ),
        migrations.AddIndex(
            model_name="productparameter",
            index=models.Index(
                condition=models.Q(("lapsed", True)), fields=["product"], name="products_lapsed_parameter"
            ),
        ),
        migrations.AddIndex(
            model_name="productsoftwarelinker",
            index=models.Index(
                condition=models.Q(("date_added", None), ("date_removed", None), ("valid_until__isnull", False)),
                fields=["valid_until"],
                name="products_software_deadline",
            ),
        ),
        migrations.AddIndex(
            model_name="productsoftwarelinker",
            index=models.Index(
                condition=models.Q(("lapsed", True)), fields=["product"], name="products_lapsed_software"
            ),
        ),
    ]
