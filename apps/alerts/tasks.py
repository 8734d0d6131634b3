"""What time brings about."""

from celery import shared_task

from apps.alerts import actions, queries
from apps.core.actors import SYSTEM
from apps.dcm.queries import DRIFTS, judged_clocks


@shared_task(name="apps.alerts.tasks.judge_clocks")
def judge_clocks() -> None:
    """Look at every unit's clock by how its balance falls; each hour. A transaction for each that changes something."""
    wrong = set(queries.with_open_alert(actions.DRIFT))
    for imei, share in judged_clocks():
        if (abs(share) > DRIFTS) != (imei in wrong):
            actions.judge_clock(imei=imei, share=share, by=SYSTEM)
