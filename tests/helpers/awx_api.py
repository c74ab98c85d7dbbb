# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of AWX's API on the loopback as the modules of awx.awx ask for: tables, and links between rows.

It behaves as AWX 24.6.1 does where a playbook may stumble: it says its name and version; a project is
fetched when it is made, and after a failure only when somebody asks; a job template needs a playbook of a
fetched project; names are unique in an organization and no further; a schedule is made running.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

Row = dict[str, Any]
#: Tables of what a workflow or a schedule may start, and the type of a row there.
TEMPLATES = {
    "job_templates": "job_template",
    "projects": "project",
    "workflow_job_templates": "workflow_job_template",
}
TYPES = {**TEMPLATES, "workflow_job_template_nodes": "workflow_job_template_node"}
LINKS = (
    "success_nodes",
    "failure_nodes",
    "always_nodes",
    "credentials",
    "galaxy_credentials",
    "hosts",
    "teams",
)
#: What makes a row another one than those there, as far as it has these fields.
UNIQUE = ("name", "organization", "inventory", "unified_job_template")
#: The roles that AWX makes with a row, of those that are asked for here.
ROLES = {
    "job_templates": ("admin_role", "execute_role", "read_role"),
    "workflow_job_templates": ("admin_role", "execute_role", "read_role", "approval_role"),
}


class Api:
    """The tables by name; each row has what was posted, and id, url, type and related.

    `broken` says whether a project cannot be fetched. `asked` counts requests that change something.
    """

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = {}
        self.links: dict[tuple[str, int, str], list[int]] = {}
        self.surveys: dict[int, Any] = {}
        self.broken = False
        self.add("organizations", {"name": "Default"})

    def add(self, table: str, data: Row) -> Row:
        """A new row."""
        rows = self.tables.setdefault(table, [])
        number = sum(len(each) for each in self.tables.values()) + 1
        url = f"/api/v2/{table}/{number}/"
        roles = {name: {"id": self.add("roles", {"name": name})["id"]} for name in ROLES.get(table, ())}
        number += len(roles)
        url = f"/api/v2/{table}/{number}/"
        of_awx = {
            "id": number,
            "url": url,
            "type": TYPES.get(table, table.removesuffix("s")),
            "related": {"survey_spec": f"{url}survey_spec/"} if table in TEMPLATES else {},
            "summary_fields": {"object_roles": roles} if roles else {},
        }
        rows.append(
            {"scm_revision": "", **({"enabled": True} if table == "schedules" else {}), **data, **of_awx}
        )
        if table == "projects":
            rows[-1]["related"]["update"] = f"{url}update/"
            rows[-1]["summary_fields"] = {"current_update": {"id": self.update(rows[-1])["id"]}}
        return rows[-1]

    def update(self, project: Row) -> Row:
        """Fetch a project."""
        status = "failed" if self.broken else "successful"
        project["status"], project["summary_fields"] = status, {}
        project["scm_revision"] = "" if self.broken else "5a2f"
        return self.add(
            "project_updates",
            {
                "status": status,
                "failed": self.broken,
                "finished": "2026-01-01",
                "scm_revision": project["scm_revision"],
            },
        )

    def named(self, table: str, name: str) -> Row | None:
        """The row that a number or a named URL (NAME++ORGANIZATION) leads to."""
        for row in self.tables.get(table, []):
            organization = next(
                (o["name"] for o in self.tables["organizations"] if o["id"] == row.get("organization")), ""
            )
            if name in (str(row["id"]), f"{row.get('name')}++{organization}"):
                return row
        return None

    def find(self, table: str, wanted: dict[str, str]) -> list[Row]:
        """The rows of which every asked field has the asked value, and one of those of `or__`."""
        tables = list(TEMPLATES) if table == "unified_job_templates" else [table]
        rows = [row for name in tables for row in self.tables.get(name, [])]
        one_of = {k.removeprefix("or__"): v for k, v in wanted.items() if k.startswith("or__")}
        all_of = {k: v for k, v in wanted.items() if not k.startswith("or__")}
        return [
            row
            for row in rows
            if all(str(row.get(k)) == v for k, v in all_of.items())
            and (not one_of or any(str(row.get(k)) == v for k, v in one_of.items()))
        ]

    def refused(self, table: str, data: Row) -> Row | None:
        """Why AWX does not take a new row; None where it does."""
        same = {key: str(data.get(key)) for key in UNIQUE if key in data}
        if "name" in data and self.find(table, same):
            return {"__all__": [f"{table} with this name already exists."]}
        if table == "job_templates":
            (project,) = self.find("projects", {"id": str(data["project"])})
            if project["status"] != "successful":
                return {"playbook": ["Playbook not found for project."]}
        return None

    def answer(self, method: str, path: str, wanted: dict[str, str], data: Row) -> tuple[int, Any]:
        """Status and body for one request."""
        table, *rest = path.removeprefix("/api/v2/").strip("/").split("/")
        if not rest:
            if method == "GET":
                return 200, listed(self.find(table, wanted))
            refused = self.refused(table, data)
            return (400, refused) if refused else (201, self.add(table, data))
        row = self.named(table, unquote_plus(rest[0].replace("+", "%2B")))
        if row is None:
            return 404, {"detail": "Not found."}
        if rest[1:] == ["survey_spec"]:
            self.surveys[row["id"]] = data if method == "POST" else self.surveys.get(row["id"], {})
            return 200, self.surveys[row["id"]]
        if rest[1:] == ["update"]:
            return 202, self.update(row)
        if rest[1:] == ["create_approval_template"]:
            made = self.add("workflow_approval_templates", data)
            row["unified_job_template"], row["related"]["unified_job_template"] = made["id"], made["url"]
            return 201, made
        if rest[1:] and rest[1] in LINKS:
            return self.link(self.links.setdefault((table, row["id"], rest[1]), []), method, data)
        row.update(data if method == "PATCH" else {})
        return 200, row

    @staticmethod
    def link(linked: list[int], method: str, data: Row) -> tuple[int, Any]:
        """Show, make or take away a link."""
        if method == "GET":
            return 200, listed([{"id": number} for number in linked])
        (linked.remove if data.get("disassociate") else linked.append)(data["id"])
        return 204, None


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
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
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
