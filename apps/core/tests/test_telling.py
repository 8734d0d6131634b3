"""What is kept is said again in the language of whoever reads it, whatever it was put together from."""

import pytest
from django.apps import apps
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy, override

from apps.core.models import Row
from apps.core.telling import kept, revived, tell

ROWS = [model for model in apps.get_models() if issubclass(model, Row)]
LABELS = [field.verbose_name for model in ROWS for field in model._meta.concrete_fields if getattr(field, "counts", "")]
NAMES = [capfirst(model._meta.verbose_name_plural) for model in ROWS]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("written_in", ["en", "fr"])
def test_labels_and_names_are_told_as_pages_say_them(language, written_in):
    assert len(LABELS) > 10
    for label in [*LABELS, *NAMES, format_lazy("{}: {}", gettext_lazy("Units"), 5)]:
        with override(written_in):
            stored = kept(tell("%(name)s: %(text)s", name=label, text="x"))
        with override(language):
            assert revived(stored).replace("\u00a0", " ") == f"{label}: x".replace(
                ": x", {"fr": " : x"}.get(language, ": x")
            )


def test_a_msgid_is_kept_as_one():
    with override("fr"):
        assert '"say":"Units"' in kept(gettext_lazy("Units"))
        assert revived(kept(gettext_lazy("Units"))) == "Unités"
