"""What may be done to a unit. Each takes the unit's row lock first, checks, changes, and writes down what happened."""

from apps.products.actions.credit_terms import set_dcm_enabled_flag, set_is_payg
from apps.products.actions.entities import assign_entity, change_entity, remove_entity
from apps.products.actions.lapsing import end_overdue, lapse_orders
from apps.products.actions.lifecycle import change_state, move_to, register_product
from apps.products.actions.parameters import order_parameter, parameter_row_written, set_parameter, settle_parameters
from apps.products.actions.reports import record_connection, record_places
from apps.products.actions.rollouts import (
    begin_next_group,
    begin_rollout,
    carry_on,
    finish_rollout,
    stop_rollout,
    withdraw,
)
from apps.products.actions.rows import (
    delete_product,
    put_dcm_enabled_flag,
    remove_history_row,
    set_desired_enable_flag,
)
from apps.products.actions.software import (
    expire_software_updates,
    lock_software,
    settle_software,
    software_row_written,
    update_software,
)
from apps.products.actions.succession import succeed
from apps.products.actions.switching import (
    disable_product,
    disable_tamper_switch,
    enable_product,
    enable_tamper_switch,
    settle_power,
    settle_tamper,
)

__all__ = [
    "put_dcm_enabled_flag",
    "set_dcm_enabled_flag",
    "set_is_payg",
    "assign_entity",
    "begin_next_group",
    "begin_rollout",
    "carry_on",
    "change_entity",
    "change_state",
    "delete_product",
    "disable_product",
    "disable_tamper_switch",
    "enable_product",
    "enable_tamper_switch",
    "end_overdue",
    "expire_software_updates",
    "finish_rollout",
    "lapse_orders",
    "lock_software",
    "move_to",
    "order_parameter",
    "parameter_row_written",
    "software_row_written",
    "stop_rollout",
    "succeed",
    "update_software",
    "withdraw",
    "record_connection",
    "record_places",
    "register_product",
    "remove_entity",
    "remove_history_row",
    "set_desired_enable_flag",
    "set_parameter",
    "settle_parameters",
    "settle_power",
    "settle_software",
    "settle_tamper",
]
