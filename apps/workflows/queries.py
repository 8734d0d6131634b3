"""Reading repairs that a workflow runs."""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.core.actors import Actor
from apps.core.refusals import Forbidden, Invalid, NotFound, Refused
from apps.parts.models import PartType
from apps.products.models import Product, ProductEntityLinker
from apps.products.states import NAMES
from apps.repairs import queries as repairs
from apps.repairs.models import ActionType, Repair, RepairWorkflowHistory, SymptomType
from apps.workflows.definition.library import library, of_text
from apps.workflows.definition.reading import BadDefinition
from apps.workflows.definition.shape import Definition, Input, State
from apps.workflows.models import RepairWorkflowSelector, WorkflowVersion
from apps.workflows.steps import kept_of

NO_WORKFLOW, ENDED = "no_workflow", "ended"
LOST = "The workflow that this repair began with can't be read here any more; change the state of its unit by hand"


def fetch(key: int, *, by: Actor) -> Repair:
    """The repair within the scope, or NotFound."""
    rows: QuerySet[Repair] = Repair.objects.visible_to(by).select_related("product", "repair_centre")
    found = rows.filter(pk=key).first() if 0 < key < 2**31 else None
    if found is None:
        raise NotFound()
    return found


def running_of(product: Product) -> Repair | None:
    return Repair.objects.filter(product=product, running=True).select_related("product", "repair_centre").first()


def definition_of(repair: Repair) -> Definition:
    """The definition that the repair began with. Refused where no workflow runs it."""
    if repair.workflow_version is None:
        raise Refused("This repair was not opened by a workflow", code=NO_WORKFLOW)
    present = library().get(str(repair.workflow_name))
    if present is not None and present.digest == repair.workflow_version:
        return present
    kept = WorkflowVersion.objects.filter(pk=repair.workflow_version).first()
    try:
        if kept is not None:
            return of_text(kept.text, f"{kept.name}.yaml")
    except BadDefinition:  # of a time when definitions could hold what they can't hold now
        pass
    raise Refused(LOST, code=NO_WORKFLOW)


def definitions_of(repairs: Iterable[Repair]) -> dict[int, Definition]:
    """{repair: the definition it began with} in one query at most, however many there are; without those that no
    workflow runs, or whose definition is lost."""
    found: dict[int, Definition] = {}
    digests: dict[str, list[int]] = {}
    shipped = library()
    for repair in repairs:
        present = shipped.get(str(repair.workflow_name))
        if repair.workflow_version is None:
            continue
        if present is not None and present.digest == repair.workflow_version:
            found[repair.pk] = present
        else:
            digests.setdefault(repair.workflow_version, []).append(repair.pk)
    for kept in WorkflowVersion.objects.filter(pk__in=digests) if digests else ():
        with contextlib.suppress(BadDefinition):  # of a time when definitions held what they can't hold now
            found |= dict.fromkeys(digests[kept.pk], of_text(kept.text, f"{kept.name}.yaml"))
    return found


def state_in(definition: Definition, ident: str | None) -> State:
    """The state of this name. Refused where the definition has none."""
    found = definition.states.get(str(ident))
    if found is None:
        raise Refused(LOST, code=NO_WORKFLOW)
    return found


def definition_for(product: Product, *, kind: str, by: Actor) -> Definition:
    """Which workflow this user gets for this unit: a selector of theirs, else one of their entity, else the one that
    serves the type of the unit.

    Forbidden where a selector says none; Invalid `no_definition` where there is none.
    """
    found = _selected(product, by) if kind == "repair" else None
    if found is None:
        serving = (one for one in library().values() if one.kind == kind and product.product_type_id in one.serves)
        found = next(serving, None)
    if found is None:
        text = f"no workflow serves the type {product.product_type.name}"
        raise Invalid({"product_type_id": text}, code="no_definition")
    return found


def _selected(product: Product, by: Actor) -> Definition | None:
    selectors = RepairWorkflowSelector.objects.filter(product_type=product.product_type_id).order_by("pk")
    geic = by.entity.geic if isinstance(by, User) and by.entity else None
    asked = (("USER", by.name_for_record), ("ENTITY", geic))
    for kind, value in asked:
        row = value and selectors.filter(selector_type__iexact=kind, selector_value__iexact=value).first()
        if not row:
            continue
        if row.workflow_name is None:
            raise Forbidden("Repairs of this type of unit are not for you")
        if (found := library().get(row.workflow_name)) is None:
            raise Invalid(
                {"workflow_name": f"{row.workflow_name} is no workflow that is known here"}, code="no_definition"
            )
        return found
    return None


def state_of(repair: Repair) -> tuple[Definition, State]:
    definition = definition_of(repair)
    return definition, state_in(definition, repair.workflow_state_id)


def called(repair: Repair, definition: Definition | None, language: str) -> str:
    """The name of the step where it stands; the step's ident where nobody can tell it any more."""
    state = definition.states.get(repair.workflow_state_id or "") if definition else None
    return state.name.said(language) if state else repair.workflow_state_id or ""


def options_of(spec: Input, product: Product, language: str) -> list[dict[str, Any]]:
    """What a selection offers just now: [{"value", "label"}], in an order that no language changes."""
    if spec.options is not None:
        return [{"value": choice.value, "label": choice.label.said(language)} for choice in spec.options]
    match spec.options_from:
        case "symptoms":
            types = SymptomType.objects.filter(
                symptom_type_product_type_linker__product_type=product.product_type_id
            ).distinct()
            return [{"value": row.pk, "label": row.said(language)} for row in types.order_by("pk")]
        case "actions":
            acts = ActionType.objects.filter(
                action_type_product_type_linker__product_type=product.product_type_id
            ).distinct()
            return [{"value": row.pk, "label": row.said(language)} for row in acts.order_by("pk")]
        case "open_alerts":
            alerts = product.alerts.filter(dismissed_at=None).select_related("alert_type").order_by("pk")
            return [{"value": row.pk, "label": row.alert_type.label} for row in alerts]
    return [{"value": kind.pk, "label": kind.name} for kind in _part_types(spec, product)]


def _part_types(spec: Input, product: Product) -> list[PartType]:
    sitting = [one.part.part_type for one in repairs.fitted(product).select_related("part__part_type").order_by("pk")]
    if spec.category:
        wanted = PartType.objects.filter(part_type_category__name__iexact=spec.category)
        keys = set(wanted.values_list("pk", flat=True))
    if spec.options_from == "fitted_part_types":
        found = sitting
    else:
        # A casing or a fuse sits in each unit of its type, though nobody wrote down which one.
        known = {kind.pk: kind for kind in (*sitting, *repairs.unnumbered(product))}
        allowed = repairs.replacements(product, set(known))
        found = [kind for key in known for kind in allowed.get(key, [])]
    unique = {kind.pk: kind for kind in found if not spec.category or kind.pk in keys}
    return [unique[key] for key in sorted(unique)]


def specifications(state: State, product: Product, language: str) -> list[dict[str, Any]]:
    """The state's inputs as the documentation has them. A selection that offers nothing is left out."""
    found = []
    for spec in state.inputs:
        one: dict[str, Any] = {
            "ident": spec.ident, "label": spec.label.said(language), "data_type": spec.data_type,
        }  # fmt: skip
        if spec.data_type == "selection":
            options = options_of(spec, product, language)
            if not options:
                continue
            one |= {"selection_type": spec.selection_type, "options": options}
        if rules := spec.validation_rules.given:
            one["validation_rules"] = rules
        found.append(one)
    return found


def offered(state: State, product: Product) -> list[Input]:
    """The inputs that somebody can give now."""
    return [spec for spec in state.inputs if spec.data_type != "selection" or options_of(spec, product, "en")]


def as_answer(repair: Repair, language: str) -> dict[str, Any]:
    """current_state's `data`."""
    definition, state = state_of(repair)
    over = not repair.running
    return {
        "ident": repair.workflow_state_id,
        "name": state.name.said(language),
        "description": state.description.said(language),
        "inputs": [] if over else specifications(state, repair.product, language),
        "events": []
        if over
        else [{"ident": event.ident, "label": event.label.said(language)} for event in state.events],
    }


def steps(repair: Repair) -> QuerySet[RepairWorkflowHistory]:
    """The steps that stand, the latest first."""
    return RepairWorkflowHistory.objects.filter(repair=repair, undone=False).order_by("-pk")


def commands_of(row: RepairWorkflowHistory) -> Mapping[str, Any]:
    found: Mapping[str, Any] = orjson.loads(bytes(row.update_commands_bin or b"{}"))
    return found


def listed(*, by: Actor, entity_id: int | None, username: str | None, state: str | None) -> QuerySet[Repair]:
    """The running repairs in scope, the newest first, by all that is given."""
    rows: QuerySet[Repair] = Repair.objects.visible_to(by).filter(running=True).order_by("-pk")
    if entity_id is not None:
        if not 0 < entity_id < 2**31:
            return rows.none()
        links = ProductEntityLinker.objects.filter(entity=entity_id, date_removed=None)
        rows = rows.filter(product__in=links.values("product"))
    if username is not None:
        rows = rows.filter(created_by__iexact=username)
    if state is not None:
        rows = rows.filter(workflow_state_id=state)
    return rows


def visited(repair: Repair) -> list[str]:
    """The states that it went through, the present one included; what was undone left out."""
    found: list[str] = []
    for row in reversed(list(steps(repair))):
        found += commands_of(row).get("path", [])
    return found


def tag(repair: Repair) -> str:
    """What the repair's step is told apart by: changes with every step, undo's too."""
    return f'"{repair.pk}-{repair.latest_workflow_event_id or 0}"'


def can_begin(definition: Definition, product: Product) -> bool:
    state = product.latest_state
    return state is not None and NAMES.get(state.current_state_type_id) in definition.from_states


__all__ = [
    "as_answer", "can_begin", "commands_of", "definition_for", "definition_of", "definitions_of",
    "fetch", "kept_of", "listed", "offered",
    "called", "options_of", "running_of", "specifications", "state_in", "state_of", "steps", "tag", "visited",
]  # fmt: skip
