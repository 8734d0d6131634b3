"""docs/workflows.md names what there is."""

from pathlib import Path

from django.conf import settings

from apps.workflows.effects import EFFECTS
from apps.workflows.facts import FACTS


def test_every_effect_and_every_fact_is_explained():
    text = (Path(settings.BASE_DIR) / "docs" / "workflows.md").read_text()
    assert [name for name in (*EFFECTS, *FACTS) if f"`{name}`" not in text] == []
