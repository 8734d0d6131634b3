"""Real-time letters, on one page: kind (apps.connectivity.letters) → who settles it, and what a status update says."""

from apps.connectivity.letters import STATUS, TELEMETRY
from apps.gateway.instructions import instructions_for
from apps.gateway.letters import keep_telemetry, settle_status

# handler(product, content, by=); the other kinds are kept and nothing follows from them.
HEARD = {STATUS: settle_status, TELEMETRY: keep_telemetry}
orders = instructions_for
