"""What may be done to a unit. Each takes the unit's row lock first, checks, changes, and writes down what happened."""

from apps.products.actions.entities import assign_entity, change_entity, remove_entity
from apps.products.actions.lifecycle import change_state, register_product
from apps.products.actions.reports import record_connection, settle_parameters, settle_software
from apps.products.actions.rows import (
    delete_product,
    order_changed,
    remove_history_row,
    set_desired_enable_flag,
)
from apps.products.actions.switching import (
    disable_product,
    disable_tamper_switch,
    enable_product,
    enable_tamper_switch,
    settle_power,
    settle_tamper,
)

__all__ = [
    "assign_entity",
    "change_entity",
    "change_state",
    "delete_product",
    "disable_product",
    "disable_tamper_switch",
    "enable_product",
    "enable_tamper_switch",
    "order_changed",
    "record_connection",
    "register_product",
    "remove_entity",
    "remove_history_row",
    "set_desired_enable_flag",
    "settle_parameters",
    "settle_power",
    "settle_software",
    "settle_tamper",
]
