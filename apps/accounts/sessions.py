"""Django's sessions in the database, in a table that knows whose they are, so that they can be listed and revoked.

A row is kept under a keyed digest of the browser's key: whoever reads the database can sign in as nobody.
"""

import datetime as dt
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY, get_user, get_user_model
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from apps.core.crypto import keyed_digest

SOURCE, AGENT, SINCE, SEEN = "_source", "_agent", "_since", "_seen"
SEEN_EVERY = 600  # seconds


def kept_as(session_key: str | None) -> str:
    """The key of its row."""
    return keyed_digest(session_key or "", "session key")[:40]


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> Any:
        from apps.accounts.models import Session

        return Session

    def _get_session_from_db(self) -> Any:
        row = self.model.objects.filter(session_key=kept_as(self.session_key), expire_date__gt=timezone.now()).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(kept_as(session_key))

    def delete(self, session_key: str | None = None) -> None:
        key = self.session_key if session_key is None else session_key
        if key is not None:
            self.model.objects.filter(session_key=kept_as(key)).delete()

    _aget_session_from_db = sync_to_async(_get_session_from_db)
    aexists = sync_to_async(exists)  # type: ignore[arg-type]
    adelete = sync_to_async(delete)  # type: ignore[arg-type]

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        session.session_key = kept_as(session.session_key)
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
