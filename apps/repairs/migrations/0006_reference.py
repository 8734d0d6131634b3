"""What an empty system can find, do and replace in the repairs of its shipped workflows. Nothing that is there already
is touched: a label that somebody made stays theirs."""

from django.db import migrations

HOME, HUB, ENTERPRISE = (6, 10), (7,), (4,)
ALL = (*HOME, *HUB, *ENTERPRISE)

# (name, label, label in French, types of unit)
SYMPTOMS = (
    ("does not start", "Does not start", "Ne démarre pas", ALL),
    ("battery flat soon", "Battery soon empty", "Batterie vite vide", (*HOME, *ENTERPRISE)),
    ("battery swollen", "Battery swollen or leaking", "Batterie gonflée ou qui fuit", (*HOME, *ENTERPRISE)),
    ("does not charge", "Does not charge from the panel", "Ne charge pas par le panneau", ALL),
    ("usb dead", "USB socket without power", "Prise USB sans courant", HOME),
    ("output dead", "Output without power", "Sortie sans courant", ALL),
    ("light flickers", "Light flickers", "La lumière vacille", HOME),
    ("does not connect", "Does not connect", "Ne se connecte pas", ALL),
    ("casing broken", "Casing broken", "Boîtier cassé", ALL),
    ("button stuck", "Button stuck", "Bouton coincé", HOME),
    ("water inside", "Water inside", "Eau à l’intérieur", ALL),
    ("insects inside", "Insects inside", "Insectes à l’intérieur", ALL),
    ("burnt smell", "Smell of burning", "Odeur de brûlé", ALL),
    ("opened by somebody", "Opened by somebody", "Ouverte par quelqu’un", ALL),
)
ACTIONS = (
    ("cleaned", "Cleaned", "Nettoyé", ALL),
    ("charged", "Charged", "Chargé", ALL),
    ("part replaced", "Part replaced", "Pièce remplacée", ALL),
    ("board replaced", "Board replaced", "Carte remplacée", ALL),
    ("soldered", "Soldered", "Soudé", ALL),
    ("cable reseated", "Cable reseated", "Câble remis en place", ALL),
    ("software renewed", "Software updated", "Logiciel mis à jour", ALL),
    ("tested without fault", "Tested without a fault", "Testé sans défaut", ALL),
)
# Parts without a serial number of their own: (name, category, types of unit)
PARTS = (
    ("Home casing, upper shell", "Casing", HOME),
    ("Home casing, lower shell", "Casing", HOME),
    ("Home output board", "Output board", HOME),
    ("Hub casing", "Casing", HUB),
    ("Enterprise casing", "Casing", ENTERPRISE),
    ("5A fuse", "Fuse", ALL),
)
# Parts that are replaced by their like: (part type, types of unit, non-transferable, critical)
LIKE = (
    (45, HOME, False, True),
    (72, ENTERPRISE, False, True),
)


def fill(apps, schema_editor):
    def model(app, name):
        return apps.get_model(app, name).objects

    present = set(model("products", "ProductType").values_list("pk", flat=True))
    meta = {"created_by": "system"}

    def kinds(of, field, rows, linker):
        for name, label, french, types in rows:
            held = model("repairs", of).filter(name=name).first() or model("repairs", of).filter(label=label).first()
            row = held or model("repairs", of).create(name=name, label=label, label_fr=french, **meta)
            if not row.label_fr:
                row.label_fr = french
                row.save(update_fields=["label_fr"])
            for key in present.intersection(types):
                if not model("repairs", linker).filter(**{field: row}, product_type_id=key).exists():
                    model("repairs", linker).create(**{field: row}, product_type_id=key, **meta)

    kinds("SymptomType", "symptom_type", SYMPTOMS, "SymptomTypeProductTypeLinker")
    kinds("ActionType", "action_type", ACTIONS, "ActionTypeProductTypeLinker")

    rules = list(LIKE)
    for name, category, types in PARTS:
        group, _made = model("parts", "PartTypeCategory").get_or_create(name=category, defaults=meta)
        part, _made = model("parts", "PartType").get_or_create(
            name=name, defaults={**meta, "part_type_category": group, "serial_number_category": "unknown"}
        )
        rules.append((part.pk, types, False, False))
    for part, types, non_transferable, critical in rules:
        if not model("parts", "PartType").filter(pk=part).exists():
            continue
        for key in sorted(present.intersection(types)):
            pair = {"existing_part_type_id": part, "replacement_part_type_id": part, "product_type_id": key}
            if not model("parts", "PartTypeReplacementLinker").filter(**pair).exists():
                model("parts", "PartTypeReplacementLinker").create(
                    **pair, default_part_type=True, critical_part_type=critical, non_transferable=non_transferable,
                    **meta,
                )  # fmt: skip
            if not model("parts", "PartTypeProductTypeLinker").filter(part_type_id=part, product_type_id=key).exists():
                model("parts", "PartTypeProductTypeLinker").create(part_type_id=part, product_type_id=key, **meta)


class Migration(migrations.Migration):
    dependencies = [
        ("repairs", "0005_bench"),
        ("parts", "0004_boards"),
        ("products", "0002_reference"),
    ]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
