"""The product's WSGI application with the units' quick ways closed, so that every report takes the ORM path."""

from backoffice.wsgi import application  # sets Django up

from apps.gateway import views  # isort: skip

views._quietly = views._from_memory = lambda *args: None  # type: ignore[assignment]

__all__ = ["application"]
