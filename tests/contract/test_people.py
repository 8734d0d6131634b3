"""Users looked after from the admin and by themselves: invited, raised and closed, signed out, with a second step."""

import re
import time

import pyotp
import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from apps.accounts import second_step, tokens
from apps.accounts.links import password_path
from apps.accounts.models import SecondStep, Session, SignIn, SignInCounter, SpareCode, Token, User
from apps.accounts.sessions import SessionStore
from apps.core.levels import Level
from apps.events import relay
from tests.cast import PASSWORD
from tests.contract.test_admin import browser_of

pytestmark = pytest.mark.django_db
STRONG = "seven green lamps"


def signed_in(user, password=PASSWORD, **more):
    browser = Client(**more)
    answer = browser.post("/login", {"username": user.email, "password": password})
    return browser, answer


def page(user, name="change"):
    return reverse(f"admin:accounts_user_{name}", args=[user.pk])


def body_of(user, **changed):
    given = {"display_name": user.display_name, "permissions": user.permissions, "scope": user.scope,
             "entity": user.entity_id or "", "hub": "", "shop": "", "is_active": "on", "_save": "1"}  # fmt: skip
    return given | changed


def link_on(content):
    return re.search(r'value="http://testserver(/password/[^"]+)"', content.decode())[1]


def test_somebody_is_invited_and_comes_in(cast, settings):
    settings.MAIL, settings.PUBLIC_URL = {"EMAIL_HOST": "x"}, "https://backoffice.example.org/"
    browser = browser_of(cast.alice)
    given = {"email": "New@example.org", "display_name": "New", "permissions": "TECHNICAL", "scope": "ENTITY",
             "entity": cast.a.pk, "_save": "1"}  # fmt: skip
    answer = browser.post(reverse("admin:accounts_user_add"), given)
    new = User.objects.get(email="new@example.org")
    assert answer.url == page(new, "access")
    assert (new.created_by, new.has_usable_password()) == (cast.alice.email, False)
    relay.relay_all()
    assert mail.outbox[0].to == ["new@example.org"]
    assert "https://backoffice.example.org/password/" in mail.outbox[0].body
    link = link_on(browser.get(answer.url).content)
    fresh = Client()
    for weak, why in ((("short", "short"), "10"), (("new@example.org", "new@example.org"), "similar"),
                      ((STRONG, "other"), "same")):  # fmt: skip
        refused = fresh.post(link, {"password": weak[0], "again": weak[1]})
        assert (refused.status_code, why in refused.content.decode()) == (400, True), refused.content.decode()
    assert fresh.post(link, {"password": STRONG, "again": STRONG}).status_code == 302
    assert fresh.get(link).status_code == 410  # once
    _browser, came_in = signed_in(new, STRONG)
    assert came_in.status_code == 302
    assert User.history.model.objects.filter(user_id=new.pk).latest().history_user_id == cast.alice.email


def test_a_password_is_chosen_by_link_in_a_browser_that_is_signed_in(cast):
    for present in (cast.bob, cast.tina):  # as that person, or as another
        browser, _answer = signed_in(present)
        link = password_path(User.objects.get(pk=cast.bob.pk))
        answer = browser.post(
            link, {"password": f"{STRONG} {present.pk}", "again": f"{STRONG} {present.pk}"}, follow=True
        )
        assert (answer.status_code, answer.redirect_chain) == (200, [("/login?next=/", 302)])
        assert f'value="{cast.bob.email}"' in answer.content.decode()
        assert "Your password is kept" in answer.content.decode()


def test_whoever_signs_themselves_out_in_the_admin_comes_to_the_log_in(cast):
    browser, _answer = signed_in(cast.alice)
    answer = browser.post(page(cast.alice, "access"), {"everything": "1"}, follow=True)
    assert (answer.status_code, "/login" in answer.redirect_chain[-1][0]) == (200, True)


def test_who_has_chosen_no_language_is_written_to_in_that_of_who_invites(cast, settings):
    settings.MAIL, settings.PUBLIC_URL = {"EMAIL_HOST": "x"}, "https://backoffice.example.org/"
    given = {
        "email": "new@example.org",
        "permissions": "OVERVIEW",
        "scope": "ENTITY",
        "entity": cast.a.pk,
        "_save": "1",
    }
    browser_of(cast.alice).post(reverse("admin:accounts_user_add"), given, HTTP_ACCEPT_LANGUAGE="fr")
    relay.relay_all()
    new = User.objects.get(email="new@example.org")
    new.language = "en"
    new.save()
    browser_of(cast.alice).post(page(new, "access"), {"link": "1"}, HTTP_ACCEPT_LANGUAGE="fr")
    relay.relay_all()
    assert [one.subject for one in mail.outbox] == ["Choisissez votre mot de passe", "Choose your password"]


@pytest.mark.parametrize(
    "link", ["/password/x/y", "/password/MQ/abc-def", "/password/%C3%A9/0", "/password/" + "9" * 50 + "/x"]
)
def test_a_link_that_is_not_ours_opens_nothing(cast, link):
    assert Client().get(link).status_code == 410


def test_nobody_makes_or_takes_over_who_sees_more_than_they_do(cast):
    entity_system = browser_of(cast.alice)
    seen_too = User.objects.create(email="chief@example.org", permissions="SYSTEM", scope="GLOBAL", entity=cast.a)
    given = {"email": "x@example.org", "permissions": "OVERVIEW", "scope": "GLOBAL", "entity": cast.a.pk, "_save": "1"}
    assert entity_system.post(reverse("admin:accounts_user_add"), given).status_code == 200
    assert not User.objects.filter(email="x@example.org").exists()
    answer = entity_system.get(page(seen_too, "access") + "?link=1")
    assert b"/password/" not in answer.content
    for what in ({"link": "1"}, {"everything": "1"}, {"second_step": "off"}):
        tokens.issue(seen_too)
        entity_system.post(page(seen_too, "access"), what)
        assert Token.objects.filter(user=seen_too).exists()
    entity_system.post(page(seen_too), body_of(seen_too, is_active=""))
    entity_system.post(page(cast.bob), body_of(cast.bob, scope="GLOBAL"))
    seen_too.refresh_from_db()
    cast.bob.refresh_from_db()
    assert (seen_too.is_active, cast.bob.scope) == (True, "ENTITY")
    assert browser_of(cast.charlie).get(page(cast.bob, "access")).status_code == 302
    admin = browser_of(cast.users["A", Level.ADMIN])
    assert admin.get(page(cast.bob, "access")).status_code == 200
    for what in ({"everything": "1"}, {"link": "1"}):
        tokens.issue(cast.bob)
        admin.post(page(cast.bob, "access"), what)
        assert Token.objects.filter(user=cast.bob).exists()


def test_a_closed_account_is_out_at_once_and_nobody_closes_their_own(cast, call):
    browser, _answer = signed_in(cast.bob)
    assert call(cast.bob, "GET", "/v1/products").status_code == 200
    root = browser_of(cast.root)
    root.post(page(cast.bob), body_of(cast.bob, is_active=""))
    assert browser.get("/").status_code == 302
    assert call(cast.bob, "GET", "/v1/products").status_code == 401
    assert signed_in(cast.bob)[1].status_code == 401
    answer = root.post(page(cast.root), body_of(cast.root, permissions="OVERVIEW"))
    assert "changed by a colleague" in answer.content.decode()
    root.post(page(cast.bob), body_of(cast.bob, permissions="ADMIN"))
    cast.bob.refresh_from_db()
    assert (cast.bob.permissions, cast.bob.is_active) == ("ADMIN", True)
    changes = [image.history_change_reason for image in cast.bob.history.all()]
    assert changes == [{"is_active": [False, True], "permissions": ["OVERVIEW", "ADMIN"]}, {"is_active": [True, False]}]


def test_browsers_and_tokens_are_listed_and_revoked_without_showing_their_keys(cast, call):
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0"
    mine, _ = signed_in(cast.bob, HTTP_USER_AGENT=firefox, REMOTE_ADDR="10.1.2.3")
    other, _ = signed_in(cast.bob, HTTP_USER_AGENT="Old telephone")
    call(cast.bob, "GET", "/v1/products")
    for reader, where in ((mine, "/account"), (browser_of(cast.alice), page(cast.bob, "access"))):
        shown = reader.get(where).content.decode()
        assert ">Firefox 121 · Linux<" in shown
        assert "10.1.2.3" in shown
        assert "Old telephone" in shown
        for session in Session.objects.all():
            assert session.session_key not in shown
    session = Session.objects.get(agent="Old telephone")
    assert mine.post("/account/revoke", {"session": session.public_key}).status_code == 302
    assert other.get("/").status_code == 302
    assert mine.get("/").status_code == 200
    browser_of(cast.alice).post(page(cast.bob, "access"), {"token": Token.objects.get(user=cast.bob).pk})
    assert call(cast.bob, "GET", "/v1/products").status_code == 401
    foreign, _ = signed_in(cast.charlie)
    mine_key = Session.objects.get(agent=firefox).public_key
    assert foreign.post("/account/revoke", {"session": mine_key}).status_code == 404
    assert mine.post("/account/revoke", {"everything": "1"}).url == "/login"
    assert mine.get("/").status_code == 302


def test_a_sessions_key_stands_in_no_row(cast):
    browser, _ = signed_in(cast.bob)
    key = browser.cookies["sessionid"].value
    row = Session.objects.get(user=cast.bob)
    assert key not in (row.session_key, row.session_data)
    assert (browser.get("/").status_code, SessionStore(key).exists(key)) == (200, True)
    thief = Client()
    thief.cookies["sessionid"] = row.session_key  # what whoever reads the database would try
    assert thief.get("/").status_code == 302
    held = SessionStore(key)
    held.cycle_key()
    assert (Session.objects.filter(user=cast.bob).count(), SessionStore(key).exists(key)) == (1, False)
    held.delete()
    assert not Session.objects.filter(user=cast.bob).exists()


def test_a_new_password_signs_everybody_else_out(cast, call):
    mine, _ = signed_in(cast.bob)
    other, _ = signed_in(cast.bob)
    call(cast.bob, "GET", "/v1/products")
    wrong = mine.post("/account/password", {"old": "wrong", "password": STRONG, "again": STRONG})
    assert wrong.status_code == 400
    assert mine.post("/account/password", {"old": PASSWORD, "password": STRONG, "again": STRONG}).status_code == 302
    assert (mine.get("/").status_code, other.get("/").status_code) == (200, 302)
    assert call(cast.bob, "GET", "/v1/products").status_code == 401
    assert signed_in(cast.bob, STRONG)[1].status_code == 302


def code_of(user, later=0):
    return pyotp.TOTP(SecondStep.objects.get(user=user).secret).at(int(time.time()) + 30 * later)


def test_the_second_step(cast):
    browser, _ = signed_in(cast.tina)
    with time_machine.travel("2026-11-21T10:00:00Z", tick=False) as clock:
        setting = browser.post("/account/second_step")
        assert "data:image/svg+xml" in setting.content.decode()
        assert signed_in(cast.tina)[1].url == "/"  # not in force yet
        assert browser.post("/account/second_step/on", {"code": "000000"}).status_code == 400
        codes = re.findall(r"^([a-z2-9]{5}-[a-z2-9]{5})$", re.sub(r"<pre[^>]*>", "\n", browser.post(
            "/account/second_step/on", {"code": code_of(cast.tina)}).content.decode()), re.M)  # fmt: skip
        assert len(codes) == 10
        secret = SecondStep.objects.get(user=cast.tina).secret
        half, answer = signed_in(cast.tina)
        assert answer.url == "/login/code"
        assert half.get("/").status_code == 302  # the password alone opens nothing
        assert half.post("/login/code", {"code": code_of(cast.tina)}).status_code == 401  # used for setting it up
        clock.shift(30)
        assert half.post("/login/code", {"code": code_of(cast.tina)}).status_code == 302
        assert half.get("/").status_code == 200
        replayed, _ = signed_in(cast.tina)
        assert replayed.post("/login/code", {"code": code_of(cast.tina)}).status_code == 401
        assert replayed.post("/login/code", {"code": codes[0].upper()}).status_code == 302
        again, _ = signed_in(cast.tina)
        assert again.post("/login/code", {"code": codes[0]}).status_code == 401  # each once
        late, _ = signed_in(cast.tina)
        clock.shift(700)
        assert late.post("/login/code", {"code": code_of(cast.tina)}).url == "/login"
        body = {"username": cast.tina.email, "password": PASSWORD}
        assert Client().post("/v1/auth/login", body).status_code == 401
        assert Client().post("/v1/auth/login", body | {"code": code_of(cast.tina)}).status_code == 200
        for _guess in range(12):
            last = Client().post("/v1/auth/login", body | {"code": "123456"}, REMOTE_ADDR=f"10.9.9.{_guess}")
        assert last.status_code == 429  # by account, from wherever
        SignInCounter.objects.all().delete()
        browser_of(cast.alice).post(page(cast.tina, "access"), {"second_step": "off"})
        assert signed_in(cast.tina)[1].url == "/"
    assert not SpareCode.objects.exists()
    assert secret not in str(list(SecondStep.objects.values()))
    assert not second_step.in_force(cast.tina)


def test_every_try_is_logged_and_read_by_those_who_look_after_people(cast):
    signed_in(cast.bob)
    signed_in(cast.bob, "wrong")
    signed_in(cast.charlie)
    Client().post("/login", {"username": "nobody@example.org", "password": "x"})
    Client().post("/v1/auth/login", {"username": cast.bob.email, "password": PASSWORD})
    Client().post("/login", {"username": "my-secret-password", "password": "x"})
    for _try in range(15):
        Client().post("/login", {"username": cast.tina.email, "password": "x"}, REMOTE_ADDR="10.7.7.7")
    found = list(SignIn.objects.order_by("id").values_list("username", "outcome", "door"))
    assert found[:5] == [
        (cast.bob.email, "signed_in", "browser"), (cast.bob.email, "wrong", "browser"),
        (cast.charlie.email, "signed_in", "browser"), ("nobody@example.org", "wrong", "browser"),
        (cast.bob.email, "signed_in", "api"),
    ]  # fmt: skip
    assert [outcome for _name, outcome, _door in found[5:]] == ["wrong"] * 11 + ["locked"]
    assert not SignIn.objects.filter(username__contains="secret").exists()
    log = reverse("admin:accounts_signin_changelist")
    everybody, own = browser_of(cast.root).get(log), browser_of(cast.alice).get(log)
    assert b"nobody@example.org" in everybody.content
    assert cast.charlie.email.encode() not in own.content
    assert cast.bob.email.encode() in own.content
    assert browser_of(cast.users["A", Level.ADMIN]).get(log).status_code == 403
    assert browser_of(cast.root).post(reverse("admin:accounts_signin_add")).status_code == 403


def test_language_and_clock_are_kept_for_admin_and_screens(cast):
    browser = browser_of(cast.root)
    bad = browser.post("/account/preferences", {"display_name": "R", "language": "tlh", "time_zone": "Mars/Olympus"})
    assert bad.status_code == 400
    browser.post("/account/preferences", {"display_name": "R", "language": "fr", "time_zone": "Africa/Kigali"})
    elsewhere, answer = signed_in(cast.root)
    assert answer.cookies["django_language"].value == "fr"
    assert 'lang="fr"' in elsewhere.get("/admin/").content.decode()
    assert "Réparations" in elsewhere.get("/admin/").content.decode()


def test_the_old_password_is_guessed_no_more_often_than_at_the_door(cast):
    mine, _answer = signed_in(cast.tina)
    given = {"old": "wrong", "password": STRONG, "again": STRONG}
    for address in ("/account/password", "/account/second_step/off") * 5:
        assert mine.post(address, given).status_code == 400
    for address in ("/account/password", "/account/second_step/off"):
        locked = mine.post(address, given | {"old": PASSWORD})
        assert locked.status_code == 429
        assert address.endswith("off") or b"Too many attempts" in locked.content  # who has no second step has no box
    cast.tina.refresh_from_db()
    assert cast.tina.check_password(PASSWORD)


@pytest.mark.parametrize(
    "name", ["\u017fystem.global@example.org", "SYSTEM.GLOBAL@example.org", " system.global@example.org "]
)
def test_one_account_has_one_counter_however_it_is_written(cast, name):
    """`ſ` is an `s` to PostgreSQL's upper(): such a name signed in, with ten guesses of its own."""
    first = Client().post("/v1/auth/login", {"username": name, "password": PASSWORD})
    assert first.status_code == (401 if "\u017f" in name else 200)
    for _guess in range(10):
        Client().post("/v1/auth/login", {"username": cast.root.email, "password": "x"})
    assert (
        Client().post("/v1/auth/login", {"username": name.replace("\u017f", "s"), "password": PASSWORD}).status_code
        == 429
    )


@pytest.mark.parametrize(
    "back", ["abc", "users", "console:home", "//evil.example.org", "https:///x", "\\\\x", "javascript:x", ""]
)
def test_an_address_to_go_back_to_is_ours_or_nothing(cast, back):
    signed = Client().post("/login", {"username": cast.tina.email, "password": PASSWORD, "next": back})
    assert (signed.status_code, signed["Location"]) == (302, "/")
    spoken = Client().post("/language", {"language": "fr", "next": back})
    assert (spoken.status_code, spoken["Location"]) == (302, "/")
    assert Client().get("/login", {"next": back}).status_code == 200
