"""Messages to and from units: written down first, carried by tasks, settled by what comes back."""

from apps.connectivity.actions.dead_letters import discard_dead_letter, keep_dead_letters, replay_dead_letter
from apps.connectivity.actions.hearing import take_letter
from apps.connectivity.actions.orders import follow_order, tell_in_real_time
from apps.connectivity.actions.rtc import (
    claim_letter,
    force_connection,
    letter_away,
    letter_published,
    look_after_letters,
    remind,
    request_sync,
    send_command,
    send_status_update,
    set_online_status,
)
from apps.connectivity.actions.sms import claim_sms, look_after_sms, send_wakeup, sms_refused, sms_reported, sms_taken

__all__ = [
    "claim_letter",
    "claim_sms",
    "discard_dead_letter",
    "follow_order",
    "force_connection",
    "keep_dead_letters",
    "letter_away",
    "letter_published",
    "look_after_letters",
    "look_after_sms",
    "remind",
    "replay_dead_letter",
    "request_sync",
    "send_command",
    "send_status_update",
    "send_wakeup",
    "set_online_status",
    "sms_refused",
    "sms_reported",
    "sms_taken",
    "take_letter",
    "tell_in_real_time",
]
