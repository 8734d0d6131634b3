"""What is set on a connection of the database is taken back, and never set where it is not ours alone."""

import pytest
from django.db import connection

from apps.core.statements import hasty_commits


def durability():
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit" if connection.vendor == "postgresql" else "PRAGMA synchronous")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_only_what_is_done_again_may_commit_in_haste():
    usual = durability()
    with hasty_commits():
        assert durability() == {"postgresql": "off", "sqlite": "1"}[connection.vendor]
    assert durability() == usual


@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_no_setting_stays_on_a_connection_that_others_get(settings):
    """In transaction mode each statement may go to another connection of the server: SET to this, RESET to that."""
    settings.PREPARED_STATEMENTS = False
    usual, said = durability(), []

    def note(execute, sql, *rest):
        said.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note), hasty_commits():
        if connection.vendor == "postgresql":
            assert durability() == usual
    if connection.vendor == "postgresql":
        assert not [sql for sql in said if sql.startswith(("SET", "RESET"))]
