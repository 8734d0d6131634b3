"""The theme's stylesheet is built for the theme's own pages: a word of its language that only ours use does nothing
unless admin.css says it."""

import re
from pathlib import Path

import unfold
from django.conf import settings

PAGES = settings.BASE_DIR / "templates" / "admin"
# Hooks of Django's admin and ours that scripts or nobody styles.
HOOKS = {"colM"}


def styled():
    theme = Path(unfold.__file__).parent / "static" / "unfold" / "css" / "styles.css"
    sheets = theme.read_text() + (settings.BASE_DIR / "static" / "backoffice" / "admin.css").read_text()
    return {re.sub(r"\\(.)", r"\1", name) for name in re.findall(r"\.((?:\\.|[\w-])+)", sheets)}


def worn():
    for page in PAGES.glob("*.html"):
        text = re.sub(r"{%.*?%}|{{.*?}}", " ", page.read_text())
        for given in re.findall(r'(?<![\w:.-])class="([^"]*)"', text):
            yield from ((page.name, name) for name in given.split())


def test_every_class_of_our_admin_pages_is_styled():
    known = styled() | HOOKS
    assert [one for one in worn() if one[1] not in known] == []
