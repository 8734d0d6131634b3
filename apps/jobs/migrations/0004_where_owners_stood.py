from django.db import migrations


def fill(apps, editor):
    """Where each owner stood when the job was made: where they stand now, but for moves made since."""
    job, user, change = (
        apps.get_model(*name) for name in (("jobs", "Job"), ("accounts", "User"), ("accounts", "HistoricalUser"))
    )
    stands = {key: (scope, entity) for key, scope, entity in user.objects.values_list("pk", "scope", "entity_id")}
    moves = {}
    for key, at, columns in change.objects.order_by("history_date").values_list(
        "user_id", "history_date", "history_change_reason"
    ):
        if columns and {"scope", "entity_id"} & set(columns):
            moves.setdefault(key, []).append((at, columns))
    for held in job.objects.only("pk", "owner_id", "created_at").iterator():
        scope, entity = stands[held.owner_id]
        for at, columns in reversed(moves.get(held.owner_id, [])):
            if at > held.created_at:
                scope, entity = columns.get("scope", [scope])[0], columns.get("entity_id", [entity])[0]
        job.objects.filter(pk=held.pk).update(scope=scope, entity_id=entity)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_access"),
        ("jobs", "0003_scope_of_the_start"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
