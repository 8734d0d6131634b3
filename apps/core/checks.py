"""Start-up checks of what models declare."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register

from apps.core.models import Row


@register
def rows_declare_their_scope(**kwargs: Any) -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    for model in apps.get_models():
        if not issubclass(model, Row):
            continue
        if model.SCOPE is None:
            problems.append(
                Error(
                    "declares no SCOPE, so nobody would see a row",
                    obj=model,
                    id="core.E001",
                    hint="Reference(), ByEntity(...), Follows(...) or GlobalOnly() from apps.core.scope",
                )
            )
        names = {field.column for field in model._meta.concrete_fields}
        for stray in {*model.HIDDEN, *model.SECRET, *model.BUSY} - {*names, "*"}:
            problems.append(Error(f"names an unknown column {stray!r}", obj=model, id="core.E002"))
    return problems
