"""Who hears of what: event name → consequences. The whole list, on one page, instead of signals.

A consequence is a function of the event. Each gets a row of its own in the outbox and its own attempts.
"""

from collections.abc import Mapping, Sequence

LIVE = "apps.live.push.push"
TELL_UNIT = "apps.connectivity.consequences.tell_unit"
TELL_CREDIT = "apps.connectivity.consequences.tell_credit"
MAIL = "apps.accounts.tasks.mail_password_link"

SUBSCRIPTIONS: Mapping[str, Sequence[str]] = {
    "user.invited": [MAIL],
    "user.password_link": [MAIL],
    "product.created": [],
    "product.deleted": [LIVE],
    "product.power_ordered": [LIVE, TELL_UNIT],
    "product.power_reported": [LIVE],
    "product.tamper_ordered": [LIVE, TELL_UNIT],
    "product.tamper_reported": [LIVE],
    "product.state_changed": [LIVE],
    "product.succeeded": [LIVE],
    "product.tested": [LIVE],
    "product.entities_changed": [LIVE],
    "product.power_lapsed": [LIVE],
    "product.tamper_lapsed": [LIVE],
    "product.software_lapsed": [LIVE],
    "product.parameter_lapsed": [LIVE],
    "product.software_ordered": [LIVE],
    "product.software_locked": [LIVE],
    "product.software_expired": [LIVE],
    "software.rollout_begun": [],
    "software.rollout_grown": [],
    "software.rollout_stopped": [],
    "software.rollout_done": [],
    "product.software_reported": [LIVE],
    "product.parameter_ordered": [LIVE],
    "product.parameters_reported": [LIVE],
    "product.credit_ordered": [LIVE, TELL_CREDIT],
    "product.credit_reset": [LIVE, TELL_CREDIT],
    "product.credit_asked": [LIVE],
    "product.credit_decided": [LIVE],
    "product.credit_terms_changed": [LIVE],
    "product.credit_acknowledged": [LIVE],
    "product.zeroed": [LIVE],
    "product.alert_raised": [LIVE],
    "product.token_issued": [LIVE],
    "product.token_entered": [LIVE],
    "product.messaged": [LIVE],
    "repair.opened": [LIVE],
    "repair.moved": [LIVE],
    "repair.changed": [LIVE],
    "repair.ended": [LIVE],
    "repair.parts_changed": [LIVE],
    "repair.photos_changed": [LIVE],
    "product.fault_reported": [LIVE],
}
