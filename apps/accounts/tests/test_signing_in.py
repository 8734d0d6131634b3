"""Logging in, tokens, and the lock-out that can't be used against a colleague."""

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.accounts import tokens
from apps.accounts.models import Token
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


def login(email, password=PASSWORD, source="10.0.0.1"):
    return Client().post("/v1/auth/login", {"username": email, "password": password}, REMOTE_ADDR=source)


def test_home_answers_anyone(call):
    for method in ("GET", "POST"):
        answer = call(None, method, "/v1/home")
        assert answer.status_code == 200
        assert answer.content.startswith(b"Welcome to the SMARTSolar API: 20")
        assert answer["Content-Type"].startswith("text/plain")


def test_a_log_in_answers_as_documented(cast, call):
    for how in ({}, {"content_type": "application/json"}):
        body = {"username": cast.tina.email.upper(), "password": PASSWORD}
        answer = Client().post("/v1/auth/login", body, **how)
        found = answer.json()["message"]["login_successful"]
        token = found.pop("API_token")
        expiry = found.pop("token_expiry")
        assert (len(token), expiry[-4:], expiry[3]) == (64, " GMT", ",")
        assert found == {
            "username": cast.tina.email, "entity_id": cast.a.pk, "display_name": "TECHNICAL A", "name": "", "hub_id": None,
            "user_product_visibility": "ENTITY", "shop_id": None, "permissions": "TECHNICAL",
        }  # fmt: skip
        for header in (
            f"Token token={token}",
            f'Token token="{token}"',
            f"Token {token}",
            f"token token={token}",
        ):
            assert Client().get("/v1/products", HTTP_AUTHORIZATION=header).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Token",
        "Token token=",
        "Token token=x",
        "Bearer x",
        "Token token=" + "x" * 64,
        "Token token=\u00e9",
    ],
)
def test_anything_but_a_live_token_is_a_401(cast, header):
    answer = Client().get("/v1/products", HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()["code"], answer["WWW-Authenticate"]) == (
        401,
        "unauthenticated",
        "Token",
    )


def test_unknown_user_wrong_password_and_sleeping_user_answer_alike(cast):
    cast.bob.is_active = False
    cast.bob.save()
    answers = {
        login(cast.tina.email, "wrong").content,
        login("nobody@example.org").content,
        login(cast.bob.email).content,
    }
    assert len(answers) == 1
    assert login(cast.tina.email, "wrong").status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "x"},
        {"password": "x"},
        {"username": "", "password": ""},
        {"username": "a\x00b", "password": "x"},
    ],
)
def test_a_log_in_without_its_fields_is_never_a_500(cast, body):
    assert Client().post("/v1/auth/login", body, content_type="application/json").status_code in (400, 401)


def test_the_expiry_slides_and_is_written_at_most_once_a_minute(cast, django_assert_num_queries):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        text, token = tokens.issue(cast.tina)
    for seconds, moved in ((30, 0), (59, 0), (61, 61), (90, 61), (122, 122)):
        tokens.forget()
        with time_machine.travel(start + dt.timedelta(seconds=seconds), tick=False):
            assert tokens.user_of(text) == cast.tina
        token.refresh_from_db()
        assert token.expires_at == start + dt.timedelta(hours=3, seconds=moved)
    tokens.forget()
    with time_machine.travel(token.expires_at + dt.timedelta(seconds=1), tick=False):
        assert tokens.user_of(text) is None


def test_only_a_digest_of_a_token_is_kept(cast):
    text, token = tokens.issue(cast.tina)
    assert text not in str(Token.objects.filter(pk=token.pk).values())


def test_logging_out_ends_the_token_at_once_and_elsewhere_within_a_second(cast, call):
    assert call(cast.tina, "POST", "/v1/auth/logout").status_code == 200
    assert call(cast.tina, "GET", "/v1/products").status_code == 401
    assert tokens.REMEMBER <= 1.0


def test_ten_wrong_guesses_lock_the_guesser_out_and_nobody_else(cast):
    for _guess in range(10):
        assert login(cast.tina.email, "wrong", "10.6.6.6").status_code == 401
    locked = login(cast.tina.email, PASSWORD, "10.6.6.6")  # even the right one tells nothing now
    assert (locked.status_code, locked.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(locked["Retry-After"]) <= 3600
    assert login(cast.tina.email, PASSWORD, "10.0.0.2").status_code == 200  # the colleague, elsewhere
    assert login(cast.alice.email, PASSWORD, "10.6.6.6").status_code == 200  # another account, same source
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=61)):
        assert login(cast.tina.email, PASSWORD, "10.6.6.6").status_code == 200


def test_a_source_may_not_try_every_account(cast):
    statuses = [login(f"user{number}@example.org", "x", "10.7.7.7").status_code for number in range(101)]
    assert (statuses[:100], statuses[100]) == ([401] * 100, 429)


def test_a_browser_that_signed_in_before_is_counted_by_itself(cast):
    known = Client(REMOTE_ADDR="10.8.8.8")
    assert known.post("/login", {"username": cast.tina.email, "password": PASSWORD}).status_code == 302
    known.post("/logout")
    for _guess in range(11):
        login(cast.tina.email, "wrong", "10.8.8.8")
    assert login(cast.tina.email, PASSWORD, "10.8.8.8").status_code == 429
    assert known.post("/login", {"username": cast.tina.email, "password": PASSWORD}).status_code == 302


def test_the_forwarded_header_counts_only_behind_our_own_proxies(cast, settings):
    def guess(forwarded):
        return Client().post(
            "/v1/auth/login", {"username": cast.tina.email, "password": "wrong"},
            REMOTE_ADDR="10.9.9.9", HTTP_X_FORWARDED_FOR=forwarded,
        ).status_code  # fmt: skip

    assert [guess(f"1.1.1.{number}") for number in range(11)][-1] == 429  # made up by the caller
    settings.TRUSTED_PROXIES = 1
    assert guess("6.6.6.6, 2.2.2.2") == 401


def test_validate_user_answers_with_words(cast, call):
    answer = call(cast.root, "GET", f"/v1/auth/validate_user?username={cast.bob.email}")
    expected = {
        "status": "success",
        "message": f"Successfully checked the username {cast.bob.email}",
        "data": "True",
    }
    assert answer.json() == expected
    assert call(cast.root, "GET", "/v1/auth/validate_user?username=nobody@example.org").json()["data"] == "False"
    assert call(cast.root, "GET", "/v1/auth/validate_user").json()["validation_errors"] == {"username": "is required"}
    # An entity's SYSTEM user learns nothing of another entity's people.
    assert call(cast.charlie, "GET", f"/v1/auth/validate_user?username={cast.bob.email}").json()["data"] == "False"


@pytest.mark.parametrize("path", ["/v1/auth/validate_user_and_password", "/v1/auth/validate_user_password"])
def test_validate_user_and_password_takes_query_and_body(cast, call, path):
    good = {"username": cast.bob.email, "password": PASSWORD}
    answer = call(cast.root, "POST", path, good)
    assert (answer.status_code, answer.json()["data"]) == (200, "True")
    assert answer.json()["message"] == f"Successfully checked the username {cast.bob.email} with it's password"
    assert call(cast.root, "GET", path, good).json()["data"] == "True"
    assert call(cast.root, "GET", f"{path}?username={cast.bob.email}&password=wrong").json()["data"] == "False"


def test_the_session_and_the_token_are_of_the_same_user(cast, call, unit):
    browser = Client()
    assert browser.get("/").headers["Location"] == "/login?next=/"
    browser.post("/login", {"username": cast.charlie.email, "password": PASSWORD})
    assert browser.get(f"/units/{unit.product_imei}").status_code == 404
    assert call(cast.charlie, "GET", f"/v1/products/{unit.product_imei}").status_code == 404
    assert browser.get("/v1/products").status_code == 401  # a session is no token: no forged request reaches the API
