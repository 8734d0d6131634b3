"""A client generated from the OpenAPI document works: every table is read through it, and a unit is switched on."""

import importlib
import json
import pkgutil
import sys
from http import HTTPStatus

import httpx
import pytest
from django.test import Client
from openapi_python_client import Config, MetaType, generate
from openapi_python_client.config import ConfigFile

from apps.api import openapi
from backoffice.catalogue import CATALOGUE
from tests.cast import PASSWORD, make_unit
from tests.factories import make

pytestmark = pytest.mark.django_db
NAME = "generated_client_of_v1"


class InProcess(httpx.BaseTransport):
    """Requests go to the product without a server between, within the test's transaction."""

    def handle_request(self, request):
        headers = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
        kind = request.headers.get("Content-Type", "")
        path = request.url.raw_path.decode()
        answer = Client().generic(request.method, path, request.read(), content_type=kind, **headers)
        return httpx.Response(answer.status_code, headers=dict(answer.items()), content=answer.content)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("client")
    (folder / "openapi.json").write_bytes(openapi.cached_document())
    config = Config.from_sources(
        ConfigFile(package_name_override=NAME, post_hooks=[]), MetaType.NONE, folder / "openapi.json", "utf-8",
        overwrite=True, output_path=folder / NAME,
    )  # fmt: skip
    problems = generate(config=config)
    assert problems == []
    sys.path.insert(0, str(folder))
    yield importlib.import_module(NAME)
    sys.path.remove(str(folder))


@pytest.fixture
def client(package, cast):
    """Signed in by the generated call itself."""
    options = {"base_url": "http://localhost", "httpx_args": {"transport": InProcess()}}
    models = importlib.import_module(f"{NAME}.models")
    login = importlib.import_module(f"{NAME}.api.signing_in.post_auth_login")
    body = models.PostAuthLoginCredentials(username=cast.root.email, password=PASSWORD)
    answer = login.sync_detailed(client=package.Client(**options), body=body)
    assert answer.status_code == 200
    token = json.loads(answer.content)["message"]["login_successful"]["API_token"]
    return package.AuthenticatedClient(token=f"token={token}", prefix="Token", **options)


def calls(path):
    """The generated modules of a table's group: {module name: module}."""
    group = json.loads(openapi.cached_document())["paths"][f"/v1/{path}"]["get"]["tags"][0]
    folder = importlib.import_module(f"{NAME}.api.{group.lower().replace(' ', '_')}")
    return {
        one.name: importlib.import_module(f"{folder.__name__}.{one.name}")
        for one in pkgutil.iter_modules(folder.__path__)
    }


def test_every_table_is_read_through_it(cast, client):
    for table in CATALOGUE:
        row = make(table.model, cast.a)
        modules = calls(table.path)
        page = modules[f"get_{table.path}"].sync_detailed(client=client)
        assert page.status_code == 200, page.content
        assert page.parsed.num_results >= 1
        key = getattr(row, table.key.attname)
        one = modules[f"get_{table.path}_key"].sync_detailed(str(key), client=client)
        assert one.status_code == 200, one.content
        assert one.parsed.to_dict()[table.key.name] == key


def test_a_unit_is_found_switched_on_and_noted_upon(cast, client, package):
    unit = make_unit("test-generated", entity=cast.a)
    products = calls("products")
    query = json.dumps({"filters": [{"name": "product_imei", "op": "like", "val": "test-gen%"}]})
    found = products["get_products"].sync(client=client, q=query)
    assert [record.product_imei for record in found.objects] == [unit.product_imei]
    assert products["put_products_imei_enable"].sync_detailed(unit.product_imei, client=client).status_code == 200
    unit.refresh_from_db()
    assert unit.desired_enable_flag
    notes, models = calls("product_notes"), importlib.import_module(f"{NAME}.models")
    body_type = notes["post_product_notes"].sync_detailed.__annotations__["body"]
    body = body_type.from_dict({"product_imei": unit.product_imei, "note_text": "Roof faces north"})
    made = notes["post_product_notes"].sync_detailed(client=client, body=body)
    assert (made.status_code, made.parsed.note_text) == (HTTPStatus.CREATED, "Roof faces north")
    refused = products["get_products_key"].sync_detailed("nobody", client=client)
    assert refused.status_code == 404
    assert isinstance(refused.parsed, models.Error)
