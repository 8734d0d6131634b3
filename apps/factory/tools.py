"""The tools that write logs (seed 004, "/upload_tool_log"): what each may send, and whether it is a test jig."""

from collections.abc import Mapping
from dataclasses import dataclass

ALWAYS = ("time", "message", "toolname")  # in every log
_COMMON = frozenset({"machine_id", "user", "software_version", "passed", "serial_number"})


@dataclass(frozen=True)
class Tool:
    """`jig`: what it finds is kept as a test_jig_test_result too, where the unit is known."""

    fields: frozenset[str]
    jig: bool = False


TOOLS: Mapping[str, Tool] = {
    # Finds its unit by the serial alone.
    "tiger_test_jig_production": Tool(_COMMON | {"jig_id"}, jig=True),
    "tiger_test_jig_repair": Tool(_COMMON | {"jig_id", "product_imei", "count"}, jig=True),
    "koala_test_jig_production": Tool(
        _COMMON | {"jig_id", "product_imei", "hostname", "control_board_revision"}, jig=True
    ),
    "bpower20_registration_production": Tool(_COMMON | {"product_imei", "hostname"}),
    "bpower50_registration_production": Tool(_COMMON | {"product_imei", "hostname"}),
}
FIELDS = frozenset().union(*(tool.fields for tool in TOOLS.values()))
