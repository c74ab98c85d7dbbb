# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's API on the loopback as the modules of awx.awx ask for: tables, and links between rows."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Row = dict[str, Any]
TEMPLATES = {
    "job_templates": "job_template",
    "projects": "project",
    "workflow_job_templates": "workflow_job_template",
}
LINKS = ("success_nodes", "failure_nodes", "always_nodes", "credentials")


class Api:
    """The tables by name; each row has what was posted, and id, url, type and related."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {}
        self.links: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[str, Any] = {}
        self.add("organizations", {"name": "Default"})

    def add(self, table: str, data: Row) -> Row:
        """A new row."""
        rows = self.tables.setdefault(table, [])
        number = sum(len(each) for each in self.tables.values()) + 1
        url = f"/api/v2/{table}/{number}/"
        of_awx = {
            "id": number,
            "url": url,
            "type": TEMPLATES.get(table, table),
            "related": {"survey_spec": f"{url}survey_spec/"} if table in TEMPLATES else {},
            "summary_fields": {},
            "scm_revision": "",
        }
        rows.append({**data, **of_awx})
        return rows[-1]

    def find(self, table: str, wanted: dict[str, str]) -> list[Row]:
        """The rows of which every asked field has the asked value."""
        tables = list(TEMPLATES) if table == "unified_job_templates" else [table]
        rows = (row for name in tables for row in self.tables.get(name, []))
        return [row for row in rows if all(str(row.get(k)) == v for k, v in wanted.items())]

    def answer(self, method: str, path: str, wanted: dict[str, str], data: Row) -> tuple[int, Any]:
        """Status and body for one request."""
        table, *rest = path.removeprefix("/api/v2/").strip("/").split("/")
        if not rest:
            return (
                (201, self.add(table, data)) if method == "POST" else (200, listed(self.find(table, wanted)))
            )
        (row,) = self.find(table, {"id": rest[0]})
        if rest[1:] == ["survey_spec"]:
            self.surveys[row["name"]] = data if method == "POST" else self.surveys.get(row["name"], {})
            return 200, self.surveys[row["name"]]
        if rest[1:] == ["create_approval_template"]:
            made = self.add("workflow_approval_templates", data)
            row["unified_job_template"], row["related"]["unified_job_template"] = made["id"], made["url"]
            return 201, made
        if rest[1:] and rest[1] in LINKS:
            linked = self.links.setdefault((table, row["id"], rest[1]), [])
            if method == "POST":
                linked.append(data["id"])
                return 204, None
            return 200, listed([{"id": number} for number in linked])
        row.update(data if method == "PATCH" else {})
        return 200, row


def listed(rows: list[Row]) -> Row:
    """Rows as AWX lists them."""
    return {"count": len(rows), "next": None, "previous": None, "results": rows}


@contextmanager
def served() -> Iterator[tuple[Api, str]]:
    """An empty AWX and its address."""
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            data = json.loads(self.rfile.read(length) or b"{}")
            wanted = {name: values[0] for name, values in parse_qs(url.query).items()}
            status, body = api.answer(self.command, url.path, wanted, data)
            self.send_response(status)
            self.end_headers()
            if body is not None:
                self.wfile.write(json.dumps(body).encode())

        do_GET = do_POST = do_PATCH = respond

        def log_message(self, *_arguments: Any) -> None:
            """Nothing: the tests look at the tables."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield api, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
