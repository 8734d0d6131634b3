"""Static files: kept by browsers for ever under an address that changes with them, and found under any version's."""

import re

import pytest
from django.conf import settings
from django.templatetags.static import static

from backoffice.env import version_of
from tests.contract.test_admin import browser_of

pytestmark = pytest.mark.django_db
_LINK = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def body(response):
    return b"".join(response.streaming_content)


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


def test_a_changed_file_has_another_address(tmp_path):
    (tmp_path / "a.css").write_text("one")
    first = version_of(tmp_path)
    assert version_of(tmp_path) == first
    (tmp_path / "a.css").write_text("two")
    assert version_of(tmp_path) != first
    (tmp_path / "a.css").rename(tmp_path / "b.css")
    assert len({first, version_of(tmp_path)}) == 2
