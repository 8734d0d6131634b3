"""The picture of a workflow: every state, every way, nothing left out, whatever an author writes."""

import xml.etree.ElementTree as ET
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.workflows.definition.drawing import drawn
from apps.workflows.definition.library import library

SVG = "{http://www.w3.org/2000/svg}"
DEFINITIONS = list(library().values())


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.name)
def test_every_state_and_every_way_is_drawn(definition, language):
    picture = ET.fromstring(drawn(definition, language))  # noqa: S314  # our own
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert len(list(picture.iter(f"{SVG}rect"))) == len(definition.states)
    assert all(state.name.said(language) in texts for state in definition.states.values())
    ways = sum(len(state.ways) + bool(state.needs) for state in definition.states.values())
    lines = [path for path in picture.iter(f"{SVG}path") if path.get("marker-end")]
    assert len(lines) == ways


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.name)
def test_no_line_crosses_a_box(definition):
    picture = ET.fromstring(drawn(definition))  # noqa: S314  # our own
    left = min(float(box.get("x")) for box in picture.iter(f"{SVG}rect"))
    right = left + float(next(picture.iter(f"{SVG}rect")).get("width"))
    for line in picture.iter(f"{SVG}path"):
        if line.get("marker-end"):
            lane = float(line.get("d").split("H")[1].split("V")[0])
            assert not left <= lane <= right


def test_the_command_draws_one_by_its_name():
    out = StringIO()
    call_command("draw_workflow", "hub_repair", language="fr", stdout=out)
    assert "Réparation" in out.getvalue()
    with pytest.raises(CommandError, match="home_repair"):
        call_command("draw_workflow", "nothing")


@pytest.mark.django_db
def test_the_page_shows_it_to_technicians(client, cast):
    client.force_login(cast.tina)
    assert b"<svg" in client.get("/workflows").content
    assert client.get("/workflows/stock_preparation").status_code == 200
    assert client.get("/workflows/none").status_code == 404
    client.force_login(cast.bob)
    assert client.get("/workflows").status_code == 403
