"""The nine states of a unit and the moves between them (seed 004, "/products/<imei>/change_state")."""

NAMES = dict(
    enumerate(
        (
            "NON_EXISTANT", "STORED", "SHIPPED", "ACTIVATING", "ACTIVATED", "MONITORED", "UNMONITORED",
            "IN_REPAIR_SYSTEM", "TERMINATED",
        ),
        start=1,
    )
)  # fmt: skip
NON_EXISTANT, STORED, SHIPPED, ACTIVATING, ACTIVATED, MONITORED, UNMONITORED, IN_REPAIR_SYSTEM, TERMINATED = range(
    1, 10
)

MOVES: dict[int, set[int]] = {
    NON_EXISTANT: {STORED},
    STORED: {SHIPPED, TERMINATED},
    SHIPPED: {ACTIVATING, ACTIVATED, IN_REPAIR_SYSTEM, TERMINATED},
    ACTIVATING: {ACTIVATED, IN_REPAIR_SYSTEM, TERMINATED},
    ACTIVATED: {MONITORED, UNMONITORED, IN_REPAIR_SYSTEM, TERMINATED},
    MONITORED: {UNMONITORED, IN_REPAIR_SYSTEM, TERMINATED},
    UNMONITORED: {MONITORED, IN_REPAIR_SYSTEM, TERMINATED},
    IN_REPAIR_SYSTEM: {ACTIVATED, TERMINATED},
    TERMINATED: set(),
}


def moves_from(state: int) -> set[int]:
    """Where a unit in this state may go. From a state of somebody's own making no way is known: nowhere."""
    return MOVES.get(state, set())
