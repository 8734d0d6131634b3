"""The admin's font of icons cut down to those in use: the theme's holds four thousand, in 290 kB, before a page shows.

The cut file lies in static/ under the theme's own name, and so takes its place. `--check` fails where an icon is used
that is not in it. Needs fonttools and brotli (requirements-dev.txt).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import unfold
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

FONT = Path("unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2")
LIST = "icons.txt"
_WORD = re.compile(r"""["'>\s]([a-z0-9]+(?:_[a-z0-9]+)*)(?=["'<\s])""")


class Command(BaseCommand):
    help = "Cut the admin's font of icons down to those in use; --check only looks whether all are in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        target = settings.BASE_DIR / "static" / FONT
        listed = target.with_name(LIST)
        names = ligatures(Path(unfold.__file__).parent / "static" / FONT)
        wanted = sorted(set(words()) & set(names))
        if options["check"]:
            missing = sorted(set(wanted) - set(listed.read_text().split()))
            if missing:
                raise CommandError(f"icons that are not in the font: {', '.join(missing)}; run manage.py icons")
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        cut(Path(unfold.__file__).parent / "static" / FONT, target, {names[word] for word in wanted})
        listed.write_text("\n".join(wanted) + "\n")
        self.stdout.write(f"{len(wanted)} icons, {target.stat().st_size} bytes")


def words() -> Iterator[str]:
    """Whatever stands where an icon's name may stand, in the theme and in our own pages and code."""
    theme = Path(unfold.__file__).parent
    for path in theme.rglob("*.css"):  # beside boxes of dates, for one
        yield from re.findall(r'content: ?"([a-z_0-9]+)"', path.read_text())
    for root in (theme, settings.BASE_DIR / "apps", settings.BASE_DIR / "backoffice", settings.BASE_DIR / "templates"):
        for path in [*root.rglob("*.html"), *root.rglob("*.py")]:
            for line in path.read_text().splitlines():
                own_list = path.parent.name == "backoffice" and path.suffix == ".py"  # groups of the sidebar
                if own_list or "icon" in line or "symbol" in line.lower():
                    yield from _WORD.findall(line)
                elif re.fullmatch(r"\s*[a-z_]+\s*", line):  # alone between two tags
                    yield line.strip()


def ligatures(font: Path) -> dict[str, str]:
    """{name as pages write it: glyph}"""
    from fontTools.ttLib import TTFont

    held = TTFont(font)
    letters = {glyph: chr(code) for code, glyph in held.getBestCmap().items()}
    found = {}
    for lookup in held["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            table = getattr(table, "ExtSubTable", table)
            for first, sets in getattr(table, "ligatures", {}).items():
                for one in sets:
                    name = "".join(letters.get(glyph, "?") for glyph in [first, *one.Component])
                    found[name] = one.LigGlyph
    return found


def cut(source: Path, target: Path, glyphs: set[str]) -> None:
    from fontTools import subset

    options = subset.Options()
    options.flavor, options.layout_closure, options.layout_features = "woff2", False, ["*"]
    font = subset.load_font(source, options)
    cutter = subset.Subsetter(options)
    cutter.populate(glyphs=glyphs, text="abcdefghijklmnopqrstuvwxyz0123456789_")
    cutter.subset(font)
    subset.save_font(font, target, options)
