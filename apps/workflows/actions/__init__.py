"""What is done with a repair that a workflow runs: opened, moved a step, taken back a step, ended by hand."""

from apps.workflows.actions.opening import open_preparation, open_repair
from apps.workflows.actions.stepping import send_event, send_inputs
from apps.workflows.actions.undoing import undo
from apps.workflows.actions.withdrawing import withdraw

__all__ = ["open_preparation", "open_repair", "send_event", "send_inputs", "undo", "withdraw"]
