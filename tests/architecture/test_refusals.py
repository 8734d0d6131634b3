"""Every text that a rule refuses with has its template, and so its French."""

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from apps.core.refusal_words import TEMPLATES, _patterns, said, translated
from apps.core.refusals import Forbidden, Invalid

CALLS = {"Forbidden", "Refused", "NotFound", "Invalid", "BadValue", "BadInput", "refuse_if"}
# Doors of machines, which speak English: bodies, queries, units.
SPEAK_ENGLISH = ("api", "gateway", "telemetry")


def texts():
    for path in sorted((Path(settings.BASE_DIR) / "apps").rglob("*.py")):
        room = path.relative_to(Path(settings.BASE_DIR) / "apps").parts[0]
        if room in SPEAK_ENGLISH or path.stem.startswith("api") or {"tests", "migrations"} & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                args = node.args[2:3] if node.func.id == "refuse_if" else node.args[:1]
                for arg in args:
                    yield from (literal(value) for value in (arg.values if isinstance(arg, ast.Dict) else [arg]))
            elif (
                isinstance(node, ast.Assign) and getattr(getattr(node.targets[0], "value", None), "id", "") == "errors"
            ):
                yield literal(node.value)


def literal(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "7" for part in node.values)
    return None


def test_every_refusal_has_its_template():
    found = {text for text in texts() if text}
    assert len(found) > 30
    missing = [text for text in found if not any(pattern.match(text) for pattern, _template in _patterns())]
    assert missing == []


def test_no_template_takes_anothers_text():
    for template in TEMPLATES:
        text = template.replace("%(", "").replace(")s", "")
        first = next(known for pattern, known in _patterns() if pattern.match(text))
        assert first == template


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_refusal_is_said_in_the_readers_language(language):
    refused = Invalid({"new_state": " A unit may not transition from state '2' to state '6'", "x": "of our own"})
    with translation.override(language):
        words = said(refused, fields=False)
        assert said(Forbidden("odd")) == "odd"
        assert translated("is required") == {"en": "is required", "fr": "est obligatoire"}[language]
    assert words.endswith("; of our own")
    assert ("ne peut pas passer" in words) == (language == "fr")
    assert "'6'" in words or "«\u00a06\u00a0»" in words
