"""Flask-Restless 0.17 serving the table of units: columns only, no authentication, no scope. Runs in an environment of
its own (bench/restless.py makes it), under the same server as the product."""

import inspect
import os

import flask
import flask_restless
from sqlalchemy import MetaData, Table, create_engine
from sqlalchemy.ext.declarative import declarative_base
from sqlalchemy.orm import scoped_session, sessionmaker

inspect.getargspec = inspect.getfullargspec  # gone from Python 3.11; Flask-Restless only asks for .args

HIDDEN = {
    "row_no", "device_key", "device_key_digest", "order_seq", "current_tamper_flag", "desired_tamper_flag",
    "latest_tamper_enable_history_id", "reported_software",
}  # fmt: skip

application = flask.Flask(__name__)
engine = create_engine(os.environ["DATABASE_URL"].replace("postgres://", "postgresql://", 1), pool_size=8)
session = scoped_session(sessionmaker(bind=engine))
table = Table("products_product", MetaData(), autoload=True, autoload_with=engine)
Base = declarative_base(metadata=table.metadata)
Product = type("Product", (Base,), {"__table__": table, "__mapper_args__": {"primary_key": [table.c.product_imei]}})
flask_restless.APIManager(application, session=session).create_api(
    Product, methods=["GET"], url_prefix="/v1", collection_name="products", primary_key="product_imei",
    include_columns=[column.name for column in table.c if column.name not in HIDDEN],
)  # fmt: skip


@application.teardown_appcontext
def end(error):
    session.remove()
