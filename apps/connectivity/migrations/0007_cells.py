from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connectivity", "0006_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cell",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "mcc",
                        "net",
                        "area",
                        "cell",
                        "radio",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("cell", models.BigIntegerField()),
                ("area", models.IntegerField()),
                ("lat", models.IntegerField()),
                ("lon", models.IntegerField()),
                ("range", models.IntegerField()),
                ("samples", models.IntegerField()),
                ("updated", models.IntegerField()),
                ("mcc", models.SmallIntegerField()),
                ("net", models.SmallIntegerField()),
                (
                    "radio",
                    models.SmallIntegerField(
                        choices=[(1, "Gsm"), (2, "Cdma"), (3, "Umts"), (4, "Lte"), (5, "Nr"), (6, "Nbiot")]
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LocationSweep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("done_to", models.BigIntegerField(default=0)),
            ],
        ),
    ]
