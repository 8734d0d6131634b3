"""Making boards and units (contract/actions.md, "Making units and parts"), and what the factory's tools write down."""

from apps.factory.actions.boards import MadeBoard, create_board
from apps.factory.actions.logs import upload_tool_log
from apps.factory.actions.replacing import replace_board
from apps.factory.actions.units import Made, create_enterprise, create_hub2, create_product

__all__ = [
    "Made",
    "MadeBoard",
    "create_board",
    "create_enterprise",
    "create_hub2",
    "create_product",
    "replace_board",
    "upload_tool_log",
]
