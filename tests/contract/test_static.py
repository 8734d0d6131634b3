"""Static files: kept by browsers for ever under an address that changes with them, and found under any version's."""

import gzip
import posixpath
import re

import pytest
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse

from backoffice.env import version_of
from tests.cast import PASSWORD
from tests.contract.test_admin import browser_of

pytestmark = pytest.mark.django_db
_LINK = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_all_that_a_page_loads_may_be_kept_for_ever(cast):
    browser = browser_of(cast.root)
    for page in ("/login", "/", "/v1/docs", "/admin/"):
        links = set(_LINK.findall(browser.get(page, follow=True).content.decode()))
        assert links, page
        for link in links:
            answer = browser.get(link)
            assert body(answer)
            assert (link.startswith(settings.STATIC_URL), answer.status_code) == (True, 200), link
            assert "immutable" in answer["Cache-Control"]


@pytest.mark.parametrize("prefix", ["/static/", "/static/0123456789ab/"])
def test_while_servers_are_exchanged_each_has_the_files_of_the_others_pages(client, prefix):
    mine = client.get(static("console/console.css"))
    other = client.get(f"{prefix}console/console.css")
    assert (other.status_code, body(other)) == (200, body(mine))
    assert other["Cache-Control"] == "no-cache"  # it may be another's tomorrow


@pytest.mark.parametrize(
    "path", ["", "0123456789ab/", "none.css", "0123456789ab/none.css", "../manage.py", "0123456789ab/../../manage.py",
             "0123456789ab/%2e%2e/manage.py", "0123456789ab//etc/passwd", "0123456789ab/\x00"],
)  # fmt: skip
def test_nothing_else_is_found_there(client, path):
    assert client.get(f"/static/{path}").status_code == 404


def loaded(browser, page):
    """Bytes of a page and all that it loads, as a browser with an empty cache gets them."""
    found, size = browser.get(page, headers={"Accept-Encoding": "gzip, br"}), 0
    text = (
        gzip.decompress(found.content).decode() if found.get("Content-Encoding") == "gzip" else found.content.decode()
    )
    links = {link for link in _LINK.findall(text)}
    for link in sorted(links):
        for imported in (
            re.findall(r'url\(["\']?([^)"\']+)', body(browser.get(link)).decode("latin-1"))
            if link.endswith(".css")
            else []
        ):
            if imported.endswith((".woff2", ".css")):
                links = links | {posixpath.normpath(posixpath.join(posixpath.dirname(link), imported))}
    for link in links:
        size += len(body(browser.get(link, headers={"Accept-Encoding": "gzip, br"})))
    return len(found.content) + size


def test_the_admins_first_page_is_light(cast):
    browser = browser_of(cast.root)
    assert loaded(browser, "/admin/") < 400_000
    assert loaded(browser, "/units/nothing") < 60_000


def test_what_is_compressed_and_what_is_left(cast, call):
    browser = browser_of(cast.root)
    taken = {"Accept-Encoding": "gzip"}
    for page in ("/", "/admin/", "/v1/openapi.json", "/account"):
        answer = browser.get(page, headers=taken)
        assert answer["Content-Encoding"] == "gzip", page
        assert "Accept-Encoding" in answer["Vary"]
        assert int(answer["Content-Length"]) == len(answer.content)
        assert "Content-Encoding" not in browser.get(page)
    link = browser.get(reverse("admin:accounts_user_access", args=[cast.bob.pk]) + "?link=1", headers=taken)
    assert b"/password/" in link.content  # a secret beside a name that somebody chose
    signed = {"username": cast.bob.email, "password": PASSWORD}
    token = call.client.post("/v1/auth/login", signed, headers=taken)
    assert "API_token" in token.json()["message"]["login_successful"]
    for answer in (link, token):
        assert "Content-Encoding" not in answer
    file = static("console/console.css")
    small, plain = browser.get(file, headers=taken), browser.get(file)
    assert gzip.decompress(small.content) == body(plain)
    assert "immutable" in small["Cache-Control"]
    again = browser.get(file, headers=taken | {"If-None-Match": small["ETag"]})
    assert again.status_code == 304


def test_a_changed_file_has_another_address(tmp_path):
    (tmp_path / "a.css").write_text("one")
    first = version_of(tmp_path)
    assert version_of(tmp_path) == first
    (tmp_path / "a.css").write_text("two")
    assert version_of(tmp_path) != first
    (tmp_path / "a.css").rename(tmp_path / "b.css")
    assert len({first, version_of(tmp_path)}) == 2
