"""What time brings about."""

from celery import shared_task

from apps.alerts import actions, queries
from apps.core.actors import SYSTEM
from apps.dcm.watching import clocks_to_judge


@shared_task(name="apps.alerts.tasks.judge_clocks")
def judge_clocks() -> None:
    """Look at every unit's clock by how its balance falls; each hour. A transaction for each that changes something."""
    wrong = set(queries.with_open_alert(actions.DRIFT))
    for imei, share in clocks_to_judge(wrong):
        actions.judge_clock(imei=imei, share=share, by=SYSTEM)
