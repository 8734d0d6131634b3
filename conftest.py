"""What every test may use: the cast, units, callers of the API, a unit's own voice."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

os.environ.setdefault("DATA_DIR", os.path.join(os.path.dirname(__file__), "var", "test"))

from tests import databases
from tests.cast import Caller, Cast, Device, make_cast, make_unit


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    return True  # the copy that comes next is new


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Each worker's database is a copy of one that was migrated once."""
    from django.db import connection

    name = connection.creation._get_test_db_name()
    databases.copy_to(name)
    databases.flush_only_what_is_there()
    yield
    connection.close()
    databases.drop(name)


@pytest.fixture(autouse=True)
def fresh_process_memory() -> Iterator[None]:
    """What this process remembers must not outlive a test's database."""
    from apps.accounts import tokens
    from apps.core import changes
    from apps.gateway import snapshot

    for memory in (tokens, snapshot, changes):
        memory.forget()
    yield
    for memory in (tokens, snapshot, changes):
        memory.forget()


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def call() -> Caller:
    return Caller()


@pytest.fixture
def unit(cast: Cast) -> Any:
    """A unit of entity A."""
    return make_unit("010101234560005", entity=cast.a)


@pytest.fixture
def device(unit: Any) -> Device:
    return Device(unit)
