"""manage.py create_user, and who may make whom."""

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.actions import create_user
from apps.accounts.models import User
from apps.core.refusals import Forbidden

pytestmark = pytest.mark.django_db
GOOD = {"password": "a-good-password-1", "permissions": "SYSTEM", "scope": "GLOBAL"}


def test_it_makes_a_user_who_can_log_in(cast, client):
    call_command("create_user", "New@Example.org", **GOOD)
    answer = client.post("/v1/auth/login", {"username": "new@example.org", "password": GOOD["password"]})
    assert answer.json()["message"]["login_successful"]["permissions"] == "SYSTEM"


def test_an_entity_user_needs_an_entity_by_name(cast):
    call_command("create_user", "e@example.org", **GOOD | {"scope": "ENTITY"}, entity="Entity A")
    assert User.objects.get(email="e@example.org").entity == cast.a
    with pytest.raises(CommandError, match="Entity B"):
        call_command("create_user", "f@example.org", **GOOD | {"scope": "ENTITY"}, entity="Nowhere")
    with pytest.raises(CommandError, match="entity: is required"):
        call_command("create_user", "f@example.org", **GOOD | {"scope": "ENTITY"})


@pytest.mark.parametrize(
    ("email", "change", "words"),
    [
        ("no address", {}, "no e-mail address"),
        ("x@example.org", {"password": "short"}, "password"),
        ("SYSTEM.a@example.org", {}, "already in use"),
    ],
)
def test_it_says_what_is_wrong(cast, email, change, words):
    with pytest.raises(CommandError, match=words):
        call_command("create_user", email, **GOOD | change)


def test_nobody_makes_somebody_who_sees_more(cast):
    with pytest.raises(Forbidden):
        create_user(email="x@example.org", **GOOD, by=cast.alice)
    with pytest.raises(Forbidden):
        create_user(email="x@example.org", **GOOD | {"scope": "ENTITY"}, entity=cast.b, by=cast.alice)
    with pytest.raises(Forbidden):
        create_user(email="x@example.org", **GOOD, by=cast.users["GLOBAL", cast.tina.level])
