"""What is done with a repair that a workflow runs: opened, moved a step, taken back a step, ended by hand; taken by
somebody, handed over, and waiting."""

from apps.workflows.actions.opening import bring_in, open_preparation, open_repair
from apps.workflows.actions.overriding import override_exit_checks
from apps.workflows.actions.people import hand_over, note, release, take
from apps.workflows.actions.stepping import send_event, send_inputs
from apps.workflows.actions.undoing import undo
from apps.workflows.actions.waiting import resume, resume_due, wait
from apps.workflows.actions.withdrawing import withdraw

__all__ = [
    "bring_in", "hand_over", "note", "open_preparation", "open_repair", "override_exit_checks", "release", "resume",
    "resume_due", "send_event", "send_inputs", "take", "undo", "wait", "withdraw",
]  # fmt: skip
