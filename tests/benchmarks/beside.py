"""What the product is measured against, served as it is served: hello, `select 1`, and one joined query to an encoder."""
import threading
from typing import Any

import orjson
from flask import Flask, Response, request
from sqlalchemy import Engine, NullPool, create_engine

from casework.settings import Settings, load

ONE_JOIN = """\
SELECT cases.id, cases.number, cases.status, cases.priority, cases.title, cases.channel, cases.category_code,
  cases.area_code, cases.lon, cases.lat, cases.address, cases.opened_at, cases.due_at, cases.overdue, cases.waiting_for,
  cases.report_count, cases.returns, cases.reworks, departments.name AS department, categories.name AS category
FROM cases LEFT JOIN departments ON departments.id = cases.lead_department_id
  LEFT JOIN categories ON categories.code = cases.category_code
WHERE cases.is_open = {true} AND cases.lead_department_id = {department}
ORDER BY cases.due_at, cases.id LIMIT 101"""
"""A page of a department's open cases, with no regard to who asks."""


class Connections(threading.local):
    """One bare connection of the driver for each thread that serves, always in autocommit."""

    def __init__(self, engine: Engine) -> None:
        self.kept = engine.raw_connection()  # let go, it would be given to another thread as well
        self.bare: Any = self.kept.driver_connection
        if engine.dialect.name == "postgresql":
            self.bare.autocommit = True


def create_app(settings: Settings | None = None) -> Flask:
    """The limits as one application: `/hello`, `/one` and `/page?department=ID`."""
    app = Flask(__name__)
    engine = create_engine((settings or load()).database_url, poolclass=NullPool)
    sqlite = engine.dialect.name == "sqlite"
    page_sql = ONE_JOIN.format(true="1" if sqlite else "true", department="?" if sqlite else "%s")
    mine = Connections(engine)

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    @app.get("/one")
    def one() -> str:
        return str(mine.bare.execute("SELECT 1").fetchone()[0])

    @app.get("/page")
    def page() -> Response:
        rows = mine.bare.execute(page_sql, (request.args["department"],))
        names = [column[0] for column in rows.description]
        return Response(orjson.dumps([dict(zip(names, row, strict=True)) for row in rows.fetchall()]),
                        mimetype="application/json")
    return app
