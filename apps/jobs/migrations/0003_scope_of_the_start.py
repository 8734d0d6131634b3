import django.db.models.deletion
from django.db import migrations, models

from apps.core import fields as core_fields


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_access"),
        ("jobs", "0002_job_language"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="scope",
            field=core_fields.OptionField(
                choices=[("GLOBAL", "All units"), ("ENTITY", "Units of the own entity")], default="ENTITY", max_length=6
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="entity",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.entity",
            ),
        ),
    ]
