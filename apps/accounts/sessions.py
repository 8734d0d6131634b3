"""Django's sessions in the database, in a table that knows whose they are, so that they can be listed and revoked."""

import datetime as dt
from typing import Any

from django.contrib.auth import SESSION_KEY, get_user, get_user_model
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

SOURCE, AGENT, SINCE, SEEN = "_source", "_agent", "_since", "_seen"
SEEN_EVERY = 600  # seconds


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> Any:
        from apps.accounts.models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        key = data.get(SESSION_KEY)
        session.user_id = int(key) if key is not None else None
        session.source, session.agent = data.get(SOURCE, ""), data.get(AGENT, "")
        for name, word in (("created_at", SINCE), ("seen_at", SEEN)):
            if word in data:
                setattr(session, name, dt.datetime.fromtimestamp(data[word], dt.UTC))
        return session


def user_of(session_key: str | None) -> Any:
    """The active user of this session as it stands in the database now, or None. Where there is no request."""

    class Request:
        session = SessionStore(session_key)

    user = get_user(Request())  # type: ignore[arg-type]
    return user if isinstance(user, get_user_model()) else None


def note_whence(request: Any, source: str) -> None:
    """At signing in: what the person will know this browser by."""
    now = timezone.now().timestamp()
    request.session.update({SOURCE: source, AGENT: request.headers.get("User-Agent", "")[:200], SINCE: now, SEEN: now})


class SeenSessions:
    """Middleware: when a session was last in use, written at most every ten minutes."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        session = request.session
        if session.session_key and SESSION_KEY in session:
            now = timezone.now().timestamp()
            if now - session.get(SEEN, 0) > SEEN_EVERY:
                session[SEEN] = now
        return self.get_response(request)
