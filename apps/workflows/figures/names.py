"""What people call workflows, steps and events, of versions that are no longer shipped too."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from apps.workflows.definition.library import library, of_text
from apps.workflows.definition.reading import BadDefinition
from apps.workflows.definition.shape import Definition, Event, State
from apps.workflows.exit_checks import LABELS
from apps.workflows.models import WorkflowVersion

OUTCOMES = {
    "repaired": _("Repaired"), "replaced": _("Replaced"), "terminated": _("Taken out of service"),
    "prepared": _("Ready to leave stock"), "set_aside": _("Put aside"), "withdrawn": _("Ended by hand"),
}  # fmt: skip


class Names:
    """Of the definitions that there are, the present one of each name first; one query."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.present = library()
        known = {definition.digest for definition in self.present.values()}
        self.known: dict[str, list[Definition]] = {name: [one] for name, one in self.present.items()}
        for version in WorkflowVersion.objects.exclude(digest__in=known).order_by("-first_used", "-digest"):
            try:
                definition = of_text(version.text, f"{version.name}.yaml")
            except BadDefinition:  # what it may hold has been narrowed since
                continue
            self.known.setdefault(version.name, []).append(definition)

    def workflow(self, name: str | None) -> str:
        if name is None:
            return str(_("Without a workflow"))
        versions = self.known.get(name)
        return versions[0].title.said(self.language) if versions else name

    def step(self, workflow: str | None, ident: str | None) -> str:
        state = self._state(workflow, ident)
        return state.name.said(self.language) if state else ident or str(_("No step"))

    def event(self, workflow: str | None, state: str, ident: str) -> str:
        event = self._event(workflow, state, ident)
        return event.label.said(self.language) if event else ident

    def outcome(self, outcome: str | None) -> str:
        return str(OUTCOMES.get(outcome or "", outcome or _("No outcome")))

    def check(self, name: str) -> str:
        return str(_(LABELS[name])) if name in LABELS else name

    def failures(self) -> dict[tuple[str, str], set[str]]:
        """{(workflow, state): its events that say that something is bad}."""
        found: dict[tuple[str, str], set[str]] = {}
        for name, versions in self.known.items():
            for ident, state in _states(versions):
                bad = {event.ident for event in state.events if event.tone == "bad"}
                if bad:
                    found.setdefault((name, ident), set()).update(bad)
        return found

    def waiting(self) -> set[tuple[str, str]]:
        """The steps in which a repair waits for a part."""
        return {
            (name, ident)
            for name, versions in self.known.items()
            for ident, state in _states(versions)
            if state.waits_for == "part"
        }

    def workflows(self) -> list[tuple[str, str]]:
        return [(name, self.workflow(name)) for name in self.known]

    def order(self, workflow: str | None, ident: str | None) -> tuple[str, int]:
        """Steps in the order of their definition."""
        versions = self.known.get(workflow or "")
        idents = list(versions[0].states) if versions else []
        return self.workflow(workflow), idents.index(ident) if ident in idents else len(idents)

    def _state(self, workflow: str | None, ident: str | None) -> State | None:
        versions = self.known.get(workflow or "", [])
        return next((one.states[ident] for one in versions if ident in one.states), None)

    def _event(self, workflow: str | None, state: str, ident: str) -> Event | None:
        events = (
            event
            for one in self.known.get(workflow or "", [])
            if state in one.states
            for event in one.states[state].events
        )
        return next((event for event in events if event.ident == ident), None)


def _states(versions: Iterable[Definition]) -> Iterable[tuple[str, State]]:
    return ((ident, state) for one in versions for ident, state in one.states.items())
