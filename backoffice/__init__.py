"""Wiring: settings, urls, servers, the catalogue of tables, who hears of what. May import all, imported by none."""

from backoffice.celery import app as celery_app

__all__ = ["celery_app"]
