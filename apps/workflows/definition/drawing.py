"""A workflow as a picture, drawn from its definition: SVG that needs no other file.

The states stand in one column in the order in which they are first met. A line in a state's box is a way out of it: it
runs forwards on the right and back on the left, and all that lead to one state run there together. So no line crosses a
box, however many states an author adds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

from django.utils.translation import gettext, override

from apps.workflows.definition.shape import Definition, State, Way

BOX, LINE, TITLE, GAP, LANE, PAD = 360, 20, 30, 26, 14, 24
LETTERS = 46  # of a line in a box
COLOURS = {"good": "#2e7d32", "bad": "#c62828", "plain": "#607d8b", "itself": "#1565c0"}
FILLS = {"step": "#607d8b", "choosing": "#1565c0", "end": "#2e7d32", "lost": "#c62828"}
LOST = ("replaced", "terminated", "set_aside")


@dataclass
class Out:
    """One way out of a state: what it is called, where it leads, in which tone."""

    label: str
    to: str
    tone: str
    y: float = 0.0
    back: bool = False  # to a state further up, or its own


@dataclass
class Box:
    ident: str
    title: str
    kind: str  # of FILLS
    outs: list[Out] = field(default_factory=list)
    y: float = 0.0

    @property
    def height(self) -> float:
        return TITLE + LINE * len(self.outs) + (8 if self.outs else 0)


def drawn(definition: Definition, language: str = "en", *, counts: dict[str, int] | None = None) -> str:
    """The picture. `counts`: how many repairs stand in a state now, written beside it."""
    with override(language):
        boxes = {ident: _box(ident, definition.states[ident], language) for ident in _in_order(definition)}
    y = float(PAD)
    for box in boxes.values():
        box.y = y
        for number, out in enumerate(box.outs):
            out.y = y + TITLE + LINE * number + LINE / 2
        y += box.height + GAP
    for _from, out, _to in _pairs(boxes, forwards=False):
        out.back = True
    right, left = _lanes(boxes, forwards=True), _lanes(boxes, forwards=False)
    at = PAD + LANE * (max(left.values(), default=-1) + 2)
    width = at + BOX + LANE * (max(right.values(), default=-1) + 2) + PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {y:g}" width="{width:g}" height="{y:g}" '
        f'role="img" aria-label={quoteattr(definition.title.said(language))} font-family="sans-serif" font-size="13">',
        "<defs>",
        *(
            f'<marker id="to-{tone}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
            for tone, colour in COLOURS.items()
        ),
        "</defs>",
        *_lines(boxes, right, at + BOX, 1),
        *_lines(boxes, left, at, -1),
        *(text for box in boxes.values() for text in _texts(box, at, (counts or {}).get(box.ident))),
        "</svg>",
    ]
    return "\n".join(parts)


def _in_order(definition: Definition) -> list[str]:
    """Each state after those that lead to it first, as far as there is no way back; ends last."""
    seen: list[str] = []

    def visit(ident: str) -> None:
        if ident in seen or ident in entered:
            return
        entered.add(ident)
        for to in reversed([one.to for one in _outs(definition.states[ident], "en")]):
            visit(to)
        seen.append(ident)

    entered: set[str] = set()
    visit(definition.start)
    order = seen[::-1]
    return [one for one in order if not definition.states[one].is_end] + [
        one for one in order if definition.states[one].is_end
    ]


def _outs(state: State, language: str) -> list[Out]:
    found = []
    for event in state.events:
        for way in event.next:
            found.append(Out(_said(event.label.said(language), way), way.to, event.tone))
    for way in (*state.next, *state.choose):
        plain = gettext("otherwise") if len(state.next) + len(state.choose) > 1 else gettext("goes on")
        found.append(Out(way.when.text if way.when else plain, way.to, "itself"))
    if state.needs:
        found.append(Out(gettext("without the tool"), state.needs.otherwise, "itself"))
    return found


def _said(label: str, way: Way) -> str:
    return f"{label} [{way.when.text}]" if way.when else label


def _box(ident: str, state: State, language: str) -> Box:
    kind = "choosing" if state.choose else "step"
    if state.is_end:
        kind = "lost" if state.outcome in LOST else "end"
    return Box(ident, state.name.said(language), kind, _outs(state, language))


def _pairs(boxes: dict[str, Box], *, forwards: bool) -> Iterator[tuple[Box, Out, Box]]:
    place = {ident: number for number, ident in enumerate(boxes)}
    for box in boxes.values():
        for out in box.outs:
            if (place[out.to] > place[box.ident]) == forwards:
                yield box, out, boxes[out.to]


def _lanes(boxes: dict[str, Box], *, forwards: bool) -> dict[str, int]:
    """{state: the lane that leads to it}: the nearest that nothing else runs in over that stretch."""
    spans: dict[str, tuple[float, float]] = {}
    for _from, out, target in _pairs(boxes, forwards=forwards):
        low, high = spans.get(out.to, (target.y, target.y))
        spans[out.to] = (min(low, out.y), max(high, out.y, target.y + TITLE))
    taken: list[list[tuple[float, float]]] = []
    lanes = {}
    for ident, (low, high) in sorted(spans.items(), key=lambda one: one[1][1] - one[1][0]):
        free = (n for n, lane in enumerate(taken) if all(high < start or low > end for start, end in lane))
        number = next(free, len(taken))
        if number == len(taken):
            taken.append([])
        taken[number].append((low, high))
        lanes[ident] = number
    return lanes


def _lines(boxes: dict[str, Box], lanes: dict[str, int], edge: float, side: int) -> Iterator[str]:
    for _from, out, target in _pairs(boxes, forwards=side > 0):
        x = edge + side * LANE * (lanes[out.to] + 1)
        y = target.y + TITLE / 2
        yield (
            f'<path d="M{edge:g} {out.y:g}H{x:g}V{y:g}H{edge + side * 2:g}" fill="none" stroke="{COLOURS[out.tone]}" '
            f'stroke-width="1.4" stroke-linejoin="round" marker-end="url(#to-{out.tone})"/>'
        )


def _texts(box: Box, at: float, count: int | None) -> Iterator[str]:
    colour = FILLS[box.kind]
    yield (
        f'<rect x="{at:g}" y="{box.y:g}" width="{BOX}" height="{box.height:g}" rx="8" fill="{colour}" '
        f'fill-opacity="0.08" stroke="{colour}"/>'
    )
    yield _text(at + 12, box.y + 20, box.title, 'font-weight="bold"')
    beside = str(count) if count else box.ident
    yield _text(at + BOX - 12, box.y + 20, beside, f'text-anchor="end" font-size="{13 if count else 10}" opacity="0.7"')
    for out in box.outs:
        x, anchor = (at + 12, "start") if out.back else (at + BOX - 12, "end")
        more = f'text-anchor="{anchor}" font-size="12" fill="{COLOURS[out.tone]}"'
        yield _text(x, out.y + 4, _cut(out.label), more)


def _cut(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"


def _text(x: float, y: float, text: str, more: str) -> str:
    fill = "" if "fill=" in more else ' fill="currentColor"'
    return f'<text x="{x:g}" y="{y:g}" {more}{fill}>{escape(text)}</text>'
