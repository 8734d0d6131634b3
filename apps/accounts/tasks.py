from celery import shared_task

from apps.accounts import signin, tokens


@shared_task(name="apps.accounts.tasks.tidy")
def tidy() -> None:
    """Forget expired tokens and past counters; hourly."""
    tokens.tidy()
    signin.tidy()
