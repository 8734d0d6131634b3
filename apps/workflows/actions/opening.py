"""A repair begins."""

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import refuse_if
from apps.core.rows import new, touch
from apps.products import queries as products
from apps.products.actions import move_to
from apps.products.models import Product
from apps.products.states import IN_REPAIR_SYSTEM, NAMES, NON_EXISTANT, moves_from
from apps.repairs.models import Repair
from apps.repairs.wanted import own_centre
from apps.workflows import queries
from apps.workflows.definition.shape import Definition
from apps.workflows.models import WorkflowVersion
from apps.workflows.moving import enter, remember, told
from apps.workflows.steps import Step


@action(level=Level.TECHNICAL)
def open_repair(product: Product, *, by: Actor) -> Repair:
    """The running repair of a unit in the repair system; opened where there is none (seed 004, "get_repair").

    Whoever may see the unit finds an open one, at another centre too.
    """
    product = products.fetch(product.product_imei, by=by, lock=True)
    state = product.latest_state.current_state_type_id if product.latest_state else None
    refuse_if(state != IN_REPAIR_SYSTEM, "product_imei", "is not in the state IN_REPAIR_SYSTEM")
    running = queries.running_of(product)
    if running is not None:
        return running
    return _begin(queries.definition_for(product, kind="repair", by=by), product, by=by)


@action(level=Level.TECHNICAL)
def bring_in(product: Product, *, by: Actor) -> Repair:
    """A unit arrives at the bench: it enters the repair system where it is not in it yet, and its repair is found or
    opened. Invalid with `product_imei` where its state allows no repair; then it stays in it."""
    product = products.fetch(product.product_imei, by=by, lock=True)
    held = product.latest_state.current_state_type_id if product.latest_state else NON_EXISTANT
    if held != IN_REPAIR_SYSTEM:
        name = NAMES.get(held, str(held))
        refuse_if(
            IN_REPAIR_SYSTEM not in moves_from(held), "product_imei", f"is {name}, and such a unit is not repaired"
        )
        move_to(product, new_state=IN_REPAIR_SYSTEM, by=by)
    return open_repair(product, by=by)


@action(level=Level.TECHNICAL)
def open_preparation(product: Product, *, by: Actor) -> Repair:
    """The stock preparation of a stored unit; it is no stay in the repair system."""
    product = products.fetch(product.product_imei, by=by, lock=True)
    running = queries.running_of(product)
    if running is not None:
        return running
    definition = queries.definition_for(product, kind="stock_preparation", by=by)
    return _begin(definition, product, by=by)


def _begin(definition: Definition, product: Product, *, by: Actor) -> Repair:
    held = NAMES.get(product.latest_state.current_state_type_id) if product.latest_state else None
    wanted = " or ".join(definition.from_states)
    refuse_if(held not in definition.from_states, "product_imei", f"must be {wanted} for this workflow; it is {held}")
    now = timezone.now()
    WorkflowVersion.objects.get_or_create(
        digest=definition.digest,
        defaults={"name": definition.name, "version": definition.version, "text": definition.source},
    )
    repair: Repair = new(
        Repair, by=by, product=product, arrival_date=now.date(), process=definition.process, pending_status=False,
        workflow_name=definition.name, workflow_version=definition.digest, running=True, context={},
        repair_centre_id=own_centre(by),
    )  # fmt: skip
    step = Step(repair, product, definition, definition.start, {}, by, now)
    path = enter(step, definition.start)
    remember(step, start=None, path=path, context={})
    touch(repair, "workflow_state_id", by=by)
    told("repair.opened", repair, product, by=by, workflow=definition.name, state=path[-1])
    return repair
