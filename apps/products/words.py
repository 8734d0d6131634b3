"""What a unit's switch and states are called in the reader's language."""

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.products import states
from apps.products.models import EnableState, StateType

LABELS: dict[EnableState, str | Promise] = {
    EnableState.INIT: _("never switched"),
    EnableState.ENABLED: _("enabled"),
    EnableState.DISABLED: _("disabled"),
    EnableState.PENDING_ENABLED: _("pending: enable"),
    EnableState.PENDING_DISABLED: _("pending: disable"),
}

ROLLOUTS: dict[str, str | Promise] = {
    "running": _("running"),
    "stopped": _("stopped"),
    "done": _("done"),
}

STATES: dict[int, str | Promise] = {
    states.NON_EXISTANT: _("not made yet"),
    states.STORED: _("in store"),
    states.SHIPPED: _("shipped"),
    states.ACTIVATING: _("being activated"),
    states.ACTIVATED: _("activated"),
    states.MONITORED: _("monitored"),
    states.UNMONITORED: _("not monitored"),
    states.IN_REPAIR_SYSTEM: _("in repair"),
    states.TERMINATED: _("terminated"),
}


def within(metres: int) -> str:
    """`within 300 m`, `within 2.4 km`, `within 12 km`: never less than it is."""
    if metres <= 990:
        return gettext("within %(number)s m") % {"number": number_format(-(-metres // 10) * 10)}
    digits = 1 if metres < 9_950 else 0
    step = 10 ** (3 - digits)
    number = -(-metres // step) * step / 1000
    return gettext("within %(number)s km") % {"number": number_format(number, digits, force_grouping=True)}


def state_called(state: int | StateType) -> str | Promise:
    """A state of a unit in words, by its key or its row; those beyond the nine by the name that their row has."""
    if isinstance(state, StateType):
        return STATES.get(state.pk) or state.name
    return STATES.get(state) or StateType.objects.filter(pk=state).values_list("name", flat=True).first() or str(state)
