"""OpenAPI 3.1 of the whole of /v1, built from the tables and endpoints that are served, so that it can't differ."""

import functools
import inspect
import re
from typing import Any

from django.db import models
from django.utils.translation import override

from apps.api.endpoint import Endpoint
from apps.api.include import CHANGES
from apps.api.paging import DEFAULT, MOST
from apps.api.q.relations import relations_of
from apps.api.q.values import OPAQUE, kind_of
from apps.api.routes import Route, every_route
from apps.core import catalogue
from apps.core.columns import Column
from apps.core.crypto import MASK
from apps.core.tables import Table

JSON = "application/json"
ERRORS = {
    "400": "The request holds something wrong; `validation_errors` names each field",
    "401": "The token is missing, unknown or expired",
    "403": "The permission is too low",
    "404": "There is no such thing, or it lies out of scope",
    "405": "This method is not offered",
    "413": "The request is too large",
    "415": "The body is not JSON",
}
KINDS: dict[str, dict[str, Any]] = {
    "BooleanField": {"type": "boolean"},
    "FloatField": {"type": "number"},
    "DateTimeField": {"type": "string", "examples": ["2016-11-25T10:51:30.077685"]},
    "DateField": {"type": "string", "examples": ["2016-11-25"]},
    "JSONField": {},
    "BinaryField": {"type": "string", "contentEncoding": "base64"},
}


def document() -> dict[str, Any]:
    """The whole description; the same for every reader."""
    routes = [route for route in every_route() if route.path.startswith("/v1/")]
    with override("en"):
        return _document(routes)


def _document(routes: list[Route]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {"Error": _ERROR}
    for route in routes:
        if route.table is None and route.endpoint is None:
            continue
        where = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.path)
        operation = _of_table(route, schemas) if route.table else _of_endpoint(route, schemas)
        names = re.findall(r"{(\w+)}", where)
        parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
        operation["parameters"] = parameters + operation.get("parameters", [])
        operation["operationId"] = re.sub(r"\W+", "_", f"{route.method.lower()}_{where.removeprefix('/v1/')}").strip(
            "_"
        )
        paths.setdefault(where, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SMARTSolar API",
            "version": "1",
            "description": "Units, parts, repairs and credit of a solar fleet. Times are UTC without zone.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [{"name": name} for name in _tags(paths)],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Token token=<64 characters>` from /v1/auth/login",
                }
            },
        },
    }


# Endpoints whose room says more of them than their path does.
ROOMS = {"apps.accounts": "Signing in", "apps.factory": "Factory", "apps.telemetry": "Telemetry"}


def _tag(route: Route) -> str:
    """The heading under which people look for it: the group of its table, as in the admin."""
    if route.endpoint is not None:
        room = ".".join(route.endpoint.handler.__module__.split(".")[:2])
        if room in ROOMS:
            return ROOMS[room]
    path = route.table.path if route.table else route.path.split("/")[2]
    return catalogue.groups().get(path, path.replace("_", " ").capitalize())


def _tags(paths: dict[str, Any]) -> list[str]:
    """In the order of the admin's groups, signing in first."""
    used = {operation["tags"][0] for item in paths.values() for operation in item.values()}
    order = [*ROOMS.values(), *catalogue.groups().values()]
    known = [name for name in dict.fromkeys(order) if name in used]
    return [*known, *sorted(used - set(known))]


@functools.cache
def cached_document() -> bytes:
    from apps.api.envelope import dumps

    return dumps(document())


_ERROR = {
    "type": "object",
    "required": ["status", "message", "code"],
    "properties": {
        "status": {"enum": ["error", "validation-error"]},
        "message": {"type": "string"},
        "code": {"type": "string"},
        "data": {},
        "validation_errors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def _of_table(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    table = route.table
    assert table is not None
    name = table.model.__name__
    schemas.setdefault(name, _record(table))
    record = {"$ref": f"#/components/schemas/{name}"}
    one = route.path.endswith(">")
    operation: dict[str, Any] = {"tags": [_tag(route)], "x-permission": route.who}
    doc = " ".join((table.model.__doc__ or "").split("\n\n")[0].split())
    row, key = table.model._meta.verbose_name, table.key.name
    match route.method, one:
        case "GET", False:
            page = {"type": "object", "properties": {
                "num_results": {"type": "integer"}, "objects": {"type": "array", "items": record},
                "page": {"type": "integer"}, "total_pages": {"type": "integer"}}}  # fmt: skip
            operation |= {
                "summary": f"List {table.path}",
                "description": f"Pages of rows in scope. {doc}",
                "parameters": _list_parameters(table),
            }
            operation["responses"] = _responses("200", "A page of records", page)
        case "GET", True:
            operation |= {"summary": f"One of {table.path}", "parameters": [_include(table)]}
            operation["description"] = f"The {row} with this `{key}`, or 404 where there is none in scope. {doc}"
            operation["responses"] = _responses("200", "The record", record)
        case "DELETE", _:
            operation |= {"summary": f"Delete one of {table.path}", "responses": _responses("204", "Deleted", None)}
            operation["description"] = f"Delete the {row} with this `{key}`; a 400 says what still holds it."
        case method, _:
            made = method == "POST"
            operation["summary"] = (
                f"Make one of {table.path}" if made else f"Change the given columns of one of {table.path}"
            )
            operation["description"] = (
                f"Make a {row} and answer it as it was kept. {doc}" if made
                else f"Change the columns that are given, and no others, of the {row} with this `{key}`."
            )  # fmt: skip
            operation["requestBody"] = {"required": True, "content": {JSON: {"schema": _body(table, made)}}}
            operation["responses"] = _responses("201" if made else "200", "The record", record)
    return operation


def _of_endpoint(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    endpoint = route.endpoint
    assert endpoint is not None
    doc = inspect.cleandoc(endpoint.handler.__doc__ or "")
    word = route.path.rstrip("/").split("/")[-1].replace("_", " ")
    operation: dict[str, Any] = {"tags": [_tag(route)], "summary": word, "x-permission": route.who}
    if doc:
        operation["description"] = doc
    if route.who == "anyone":
        operation["security"] = []
    if endpoint.body is not None:
        operation |= _input(endpoint, schemas)
    answer = {"type": "object", "properties": {"status": {"const": "success"}, "message": {}, "data": {}}}
    if route.path == "/v1/home":
        operation["responses"] = {
            "200": {"description": "Running", "content": {"text/plain": {"schema": {"type": "string"}}}}
        }
    else:
        operation["responses"] = _responses("200", "Done", answer)
    return operation


def _input(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    assert endpoint.body is not None
    schema = endpoint.body.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schema.pop("$defs", {})
    if endpoint.method != "GET":
        # A body of which nothing is required may be left away.
        return {"requestBody": {"required": bool(schema.get("required")), "content": {JSON: {"schema": schema}}}}
    required = schema.get("required", [])
    return {
        "parameters": [
            {"name": name, "in": "query", "required": name in required, "schema": kind}
            for name, kind in schema["properties"].items()
        ]
    }


def _record(table: Table) -> dict[str, Any]:
    return {
        "type": "object",
        "description": (table.model.__doc__ or "").strip().split("\n\n")[0],
        "properties": {name: _column(column) for name, column in table.columns.items()},
        "required": list(table.columns),
    }


def _column(column: Column) -> dict[str, Any]:
    field = column.value_field
    if column.secret:
        schema: dict[str, Any] = {"type": "string", "description": f"Answered as a mask: {MASK}"}
    elif column.field.choices:
        schema = {"type": "string", "enum": [choice for choice, _ in column.field.flatchoices]}
    else:
        schema = dict(
            KINDS.get(field.get_internal_type(), {"type": "integer" if kind_of(column) == "number" else "string"})
        )
    longest = getattr(field, "max_length", None)
    if longest and schema.get("type") == "string" and "enum" not in schema:
        schema["maxLength"] = longest
    if isinstance(column.field, models.ForeignKey):
        schema["description"] = f"Key of {column.field.related_model._meta.verbose_name}"
    if column.field.null and schema:
        return {"oneOf": [schema, {"type": "null"}]}
    return schema


def _body(table: Table, made: bool) -> dict[str, Any]:
    columns = [one for one in table.columns.values() if not one.is_system_set and one.name not in table.owned]
    schema: dict[str, Any] = {"type": "object", "properties": {one.name: _column(one) for one in columns}}
    schema["additionalProperties"] = False
    needed = [one.name for one in columns if not one.field.null and not one.field.has_default()]
    if made and needed:
        schema["required"] = needed
    return schema


def _list_parameters(table: Table) -> list[dict[str, Any]]:
    given = [
        ("q", {"type": "string"}, "Filters, order and more as JSON: see the q language"),
        ("page", {"type": "integer", "minimum": 0, "default": 1}, "Counted from 1"),
        ("results_per_page", {"type": "integer", "default": DEFAULT, "maximum": MOST}, "Rows a page"),
    ]
    found = [{"name": name, "in": "query", "schema": schema, "description": text} for name, schema, text in given]
    found.append(_include(table))
    for column in table.columns.values():
        if not column.secret and kind_of(column) != OPAQUE:
            found.append({"name": column.name, "in": "query", "schema": {"type": "string"}, "description": "Equals"})
    return found


def _include(table: Table) -> dict[str, Any]:
    names = ", ".join(sorted([*relations_of(table.model), CHANGES]))
    text = f"Related rows, separated by commas, at most 100 each ({CHANGES}: who changed this row and how): {names}"
    return {"name": "include", "in": "query", "schema": {"type": "string"}, "description": text}


def _responses(status: str, text: str, schema: Any) -> dict[str, Any]:
    content = {"content": {JSON: {"schema": schema}}} if schema is not None else {}
    error = {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {status: {"description": text, **content}} | {
        code: {"description": text, "content": error} for code, text in ERRORS.items()
    }
