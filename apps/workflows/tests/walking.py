"""A technician who takes any step there is, for tests that walk whole workflows."""

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.factory import kinds
from apps.factory.actions import create_board
from apps.parts.models import Part, PartType, PartTypeCategory, PartTypeReplacementLinker
from apps.products.actions import change_state
from apps.products.models import Product
from apps.products.states import IN_REPAIR_SYSTEM, SHIPPED
from apps.repairs.models import PartProductLinker, SymptomType, SymptomTypeProductTypeLinker
from apps.workflows import queries


def parts_to_fit(definition):
    """A battery and a casing that may be replaced by their like, and a symptom for this type of unit."""
    product_type = definition.serves[0]
    casing = PartTypeCategory.objects.get(name="Casing")
    new(PartType, by=SYSTEM, name="Shell", part_type_category=casing, serial_number_category="known")
    for kind in fitted_types():
        new(
            PartTypeReplacementLinker, by=SYSTEM, existing_part_type=kind, replacement_part_type=kind,
            default_part_type=True, critical_part_type=False, non_transferable=False,
        )  # fmt: skip
    symptom = new(SymptomType, by=SYSTEM, name="Dark", label="dark")
    new(SymptomTypeProductTypeLinker, by=SYSTEM, symptom_type=symptom, product_type_id=product_type)


def fitted_types():
    return [PartType.objects.get(pk=45), PartType.objects.get(name="Shell")]


def a_unit_for(definition, unit):
    """The unit as one that this workflow serves, where it begins, with a battery and a casing in it."""
    Product.objects.filter(pk=unit.pk).update(product_type=definition.serves[0])
    unit.refresh_from_db()
    if definition.kind == "repair":
        for state in (SHIPPED, IN_REPAIR_SYSTEM):
            change_state(unit, new_state=state, by=SYSTEM)
        unit.refresh_from_db()
    for kind in fitted_types():
        part = new(Part, by=SYSTEM, part_type=kind, serial_number=f"OLD-{kind.pk}-{unit.pk}")
        new(PartProductLinker, by=SYSTEM, part=part, product=unit)
    return unit


def a_board_for(product):
    """The IMEI of a board that may take the place of the one in this unit."""
    number = 10 + Part.objects.count()
    kind = next(unit.board for unit in kinds.UNITS.values() if unit.product_type_id == product.product_type_id)
    made = create_board(
        board=kind, imei=f"3500000{number:08d}", imsi=f"90170{number:010d}", device_key=f"{number:024x}", by=SYSTEM,
    )  # fmt: skip
    return made.pcb.serial_number


def a_value(spec, product, chance):
    """Something that the input takes."""
    rules = spec.validation_rules
    if spec.example is not None and chance.random() < 0.7:
        return spec.example
    match spec.data_type:
        case "int" | "float":
            low, high = rules.min or 0, rules.max if rules.max is not None else 100
            step = rules.step or 1
            value = round(low + step * chance.randint(0, int((high - low) / step)), 6)
            return int(value) if spec.data_type == "int" else value
        case "datetime":
            return "2026-03-30"
        case "string" | "text" if not spec.part_scan:
            return "w" * max(rules.minlength or 1, 1)
        case "string" if spec.ident == "new_board":
            return a_board_for(product)
        case "string":
            kind = chance.choice(fitted_types())
            return new(Part, by=SYSTEM, part_type=kind, serial_number=f"NEW-{Part.objects.count()}").serial_number
    offered = [option["value"] for option in queries.options_of(spec, product, "en")]
    if spec.selection_type == "single":
        return chance.choice(offered)
    return chance.sample(offered, chance.randint(1, len(offered)))
