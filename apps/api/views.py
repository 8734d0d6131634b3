"""The two generic DRF viewsets that serve every table: its collection and its rows."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.urls import URLPattern, path
from rest_framework.request import Request
from rest_framework.viewsets import ViewSetMixin

from apps.api import envelope, include, paging, reading
from apps.api.endpoint import ApiView
from apps.api.filters import filtered
from apps.api.parsers import Undecodable
from apps.api.q import query
from apps.api.q.errors import Unmatched
from apps.core import counting, rows
from apps.core.levels import Level
from apps.core.tables import Table

COLLECTION: Any = {"get": "list", "post": "create"}
ROW: Any = {"get": "retrieve", "put": "update", "delete": "destroy"}


class TableView(ViewSetMixin, ApiView):
    table: Table = None  # type: ignore[assignment]  # given by as_view()

    def level_of(self, method: str) -> tuple[bool, Level | None]:
        level = self.table.level_of(method) if method.lower() in self.action_map else None
        return level is not None, level

    def body(self, request: Request) -> dict[str, Any]:
        if request.META.get("CONTENT_LENGTH") in (None, "", "0"):
            raise Undecodable("the body is empty, or came without Content-Length; send a JSON object")
        if not isinstance(request.data, dict):
            raise Undecodable("send a JSON object")
        return request.data

    @property
    def by(self) -> Any:
        return self.request.user


class CollectionViewSet(TableView):
    def list(self, request: Request) -> HttpResponse:
        asked = query.read(self.table, request.query_params.get("q"))
        related = include.wanted(self.table, request.query_params.get("include"))
        most = include.MOST_RECORDS if related else paging.MOST
        page, size = paging.read(request.query_params, most=most)
        visible = self.table.model.objects.visible_to(self.by)
        matching = query.apply(asked, filtered(self.table, visible, request.query_params), self.table, self.by)
        first, total = query.window(asked, counting.count(matching))
        if asked.single:
            if total != 1:
                raise Unmatched("Multiple results found", 400) if total else Unmatched("No result found", 404)
            return self.single(request, self.window(asked, matching, first, first + 1))
        start = first + max(page - 1, 0) * size
        records: Any = []
        if page and start < first + total:
            wanted = self.window(asked, matching, start, min(start + size, first + total))
            records = reading.records(self.table, wanted) if related else reading.page(self.table, wanted)
            include.add(records, self.table, related, self.by)
        response = envelope.answer(paging.envelope(records, total, page, size))
        response["Link"] = paging.links(request.build_absolute_uri(request.path), total, page, size)
        return response

    def window(self, asked: query.Query, matching: Any, start: int, stop: int) -> Any:
        if asked.order_by:
            return query.ordered(asked, matching, self.table, self.by)[start:stop]
        return counting.window(matching, reading.default_order(self.table), start, stop)

    def single(self, request: Request, rows: Any) -> HttpResponse:
        record = reading.records(self.table, rows)[0]
        response = envelope.answer(record)
        response["Location"] = request.build_absolute_uri(f"{request.path}/{record[self.table.key.name]}")
        return response

    def create(self, request: Request) -> HttpResponse:
        row = rows.create_row(self.table, self.body(request), by=self.by)
        record = reading.record_of(self.table, row)
        response = envelope.answer(record, 201)
        response["Location"] = request.build_absolute_uri(f"{request.path}/{record[self.table.key.name]}")
        return response


class RowViewSet(TableView):
    def retrieve(self, request: Request, key: str) -> HttpResponse:
        related = include.wanted(self.table, request.query_params.get("include"))
        record = reading.one(self.table, key, by=self.by)
        include.add([record], self.table, related, self.by)
        return envelope.answer(record)

    def update(self, request: Request, key: str) -> HttpResponse:
        rows.fetch_row(self.table, key, by=self.by)  # 404 comes before 400
        row = rows.update_row(self.table, key, self.body(request), by=self.by)
        return envelope.answer(reading.record_of(self.table, row))

    def destroy(self, request: Request, key: str) -> HttpResponse:
        rows.delete_row(self.table, key, by=self.by)
        return HttpResponse(status=204)


def table_urls(tables: Iterable[Table]) -> list[URLPattern]:
    """Two paths a table. They come after every endpoint, whose paths are more exact."""
    patterns = []
    for table in tables:
        for where in (table.path, *table.also_at):
            collection = CollectionViewSet.as_view(COLLECTION, table=table)
            row = RowViewSet.as_view(ROW, table=table)
            collection.table = row.table = table  # type: ignore[attr-defined]  # read by `manage.py routes`
            patterns += [path(where, collection), path(f"{where}/<str:key>", row)]
    return patterns
