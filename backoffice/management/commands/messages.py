"""Translations without gettext: collects the texts of templates and code, keeps the .po and compiles the .mo."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import polib
import unfold
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

from apps.core.naming import names

THEME_PARTS = ("forms", "filters")
CALLS = {"_", "__", "noop", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "tell"}
_IN_TEMPLATE = re.compile(r"\b(n?gettext)\(u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?:,\s*u?('(?:[^'\\]|\\.)*'))?")


class Command(BaseCommand):
    help = "Collect and compile the translations; --check fails where one is missing, stale or not compiled."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = dict(_collect())
        for language, _name in settings.LANGUAGES[1:]:
            folder = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES"
            source, compiled = folder / "django.po", folder / "django.mo"
            catalogue = polib.pofile(str(source)) if source.exists() else polib.POFile()
            catalogue.metadata.setdefault("Content-Type", "text/plain; charset=UTF-8")
            catalogue.metadata.setdefault("Plural-Forms", "nplurals=2; plural=(n > 1);")
            if options["check"]:
                self._check(language, wanted, catalogue, compiled)
                continue
            kept = {entry.msgid: entry for entry in catalogue}
            for text, plural in sorted(wanted.items()):
                if text not in kept:
                    entry = polib.POEntry(msgid=text, msgid_plural=plural or "")
                    if plural:
                        entry.msgstr_plural = {0: "", 1: ""}
                    catalogue.append(entry)
            for text in set(kept) - set(wanted):
                catalogue.remove(kept[text])
            for entry in catalogue:
                entry.msgstr = _typeset(language, entry.msgstr)
                entry.msgstr_plural = {number: _typeset(language, text) for number, text in entry.msgstr_plural.items()}
            folder.mkdir(parents=True, exist_ok=True)
            catalogue.save(str(source))
            catalogue.save_as_mofile(str(compiled))
            missing = [entry.msgid for entry in catalogue if not entry.translated()]
            self.stdout.write(f"{language}: {len(catalogue)} texts, {len(missing)} to translate")
            for text in missing:
                self.stdout.write(f"  {text}")

    def _check(self, language: str, wanted: dict[str, str | None], catalogue: Any, compiled: Path) -> None:
        held = {entry.msgid for entry in catalogue if entry.translated() and not entry.fuzzy}
        problems = [f"not translated: {text}" for text in wanted if text not in held]
        problems += [
            f"not typeset (run `make messages`): {entry.msgid}"
            for entry in catalogue
            if any(_typeset(language, text) != text for text in (entry.msgstr, *entry.msgstr_plural.values()))
        ]
        problems += [f"used nowhere: {entry.msgid}" for entry in catalogue if entry.msgid not in wanted]
        if not compiled.exists() or _texts(polib.mofile(str(compiled))) != _texts(catalogue):
            problems.append("the .mo is older than the .po: run `make messages`")
        if problems:
            raise CommandError(f"{language}: " + "; ".join(problems))


def _typeset(language: str, text: str) -> str:
    """As it is printed: French has a space that never breaks before : ; ? ! » and after «, and ’ for an apostrophe."""
    if language != "fr":
        return text
    text = re.sub(r"(?<=\S) (?=[:;?!»](?:\s|[.,)]|\Z))|(?<=«) (?=\S)", "\u00a0", text)
    return re.sub(r"(?<=[^\W\d_])'(?=[^\W\d_])", "’", text)


def _texts(catalogue: Any) -> dict[str, Any]:
    return {entry.msgid: entry.msgstr_plural or entry.msgstr for entry in catalogue.translated_entries() if entry.msgid}


def _collect() -> Iterator[tuple[str, str | None]]:
    base = Path(settings.BASE_DIR)
    yield from _in_files([base / "templates"], [base / "apps", base / "backoffice"])
    yield from ((name, None) for name in sorted(set(names())))
    # The admin's theme brings no translations; what Django itself says already in both languages is left to it.
    theme = Path(unfold.__file__).parent
    parts = [theme, *(theme / "contrib" / name for name in THEME_PARTS)]
    known = polib.mofile(str(Path(django.__file__).parent / "conf/locale/fr/LC_MESSAGES/django.mo"))
    admin = polib.mofile(str(Path(django.__file__).parent / "contrib/admin/locale/fr/LC_MESSAGES/django.mo"))
    held = {entry.msgid for entry in [*known, *admin]}
    for text, plural in _in_files(parts, parts, deep=False):
        if text not in held:
            yield text, plural


def _in_files(templates: list[Path], code: list[Path], *, deep: bool = True) -> Iterator[tuple[str, str | None]]:
    for path in _files(templates, "*.html", deep):
        for call in _IN_TEMPLATE.finditer(templatize(path.read_text(), origin=str(path))):
            plural = ast.literal_eval(call[3]) if call[3] else None
            yield ast.literal_eval(call[2]), plural if call[1] == "ngettext" else None
    for path in _files(code, "*.py", deep):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                if texts:
                    yield texts[0], texts[1] if node.func.id.startswith("ngettext") else None


def _files(folders: list[Path], pattern: str, deep: bool) -> Iterator[Path]:
    """Of a theme (not `deep`): without the parts that are not installed."""
    for folder in folders:
        for path in sorted(folder.rglob(pattern)):
            if deep or "contrib" not in path.relative_to(folder).parts:
                yield path
