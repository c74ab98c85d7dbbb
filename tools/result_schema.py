# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of result.json, out of the tables of docs/result.md, which tests hold to the code.

``python -m tools.catalogue`` writes it. A reader may meet fields that are new since its schema; a test may
not, so it asks `closed`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.telco.calico_bgp.plugins.module_utils import report
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.findings import ACCEPTED, ERROR, WARNING
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.finding import FAIL, PASS, UNKNOWN

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "docs/result.md"
SCHEMA = ROOT / "docs/result.schema.json"
Schema = dict[str, Any]

#: What the second column of the table may say.
TYPES: Mapping[str, Schema] = {
    "string": {"type": "string"},
    "string or null": {"type": ["string", "null"]},
    "integer": {"type": "integer"},
    "integer or null": {"type": ["integer", "null"]},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "boolean or null": {"type": ["boolean", "null"]},
    "list of strings": {"type": "array", "items": {"type": "string"}},
    "list of objects": {"type": "array"},
    "object": {"type": "object"},
    "object or null": {"type": ["object", "null"]},
    "object of strings": {"type": "object", "additionalProperties": {"type": "string"}},
}


def schema(page: str) -> Schema:
    """The schema that the page describes; LookupError names a type that is none."""
    made: Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:telco:calico_bgp:result:{report.VERSION}",
        "title": "The result of a run of telco.calico_bgp",
        "type": "object",
    }
    words = _words(page)
    for path, kind, meaning in _rows(page.partition("\n## ")[0], 3):
        if kind not in TYPES:
            raise LookupError(f"{SOURCE}: the type of {path} is {kind!r}; use one of {', '.join(TYPES)}")
        _put(made, path, {**TYPES[kind], **words.get(path, {}), "description": _plain(meaning)})
    return made


def _words(page: str) -> Mapping[str, Schema]:
    """Fields of which each word is known."""
    runs, _heading, pushes = page.partition("## Outcomes of a run")[2].partition("## Outcomes of a push")
    return {
        "version": {"const": report.VERSION},
        "outcome": {"enum": [row[0] for row in _rows(runs, 4)]},
        "routers.*.outcome": {"enum": [row[0] for row in _rows(pushes.partition("\n## ")[0], 2)]},
        "findings.*[].verdict": {"enum": [PASS, FAIL, UNKNOWN]},
        "findings.*[].severity": {"enum": [ERROR, WARNING, ACCEPTED]},
    }


def _rows(text: str, columns: int) -> list[list[str]]:
    """The cells of the rows whose first one is a name in backquotes, without those."""
    found = (row.split(" | ") for row in re.findall(r"^\| (`.+) \|$", text, re.MULTILINE))
    return [[row[0].strip("`"), *row[1:]] for row in found if len(row) == columns]


def _plain(meaning: str) -> str:
    """A cell without links."""
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", meaning)


def _put(made: Schema, path: str, field: Schema) -> None:
    """Put a field where its path leads: `.` into an object, `*` to each of its values, `[]` into a list."""
    for step in re.findall(r"[^.\[]+|\[\]", path)[:-1]:
        made = _into(made, step)
    last = path.rpartition(".")[2]
    made.setdefault("properties", {})[last] = field
    made.setdefault("required", []).append(last)


def _into(made: Schema, step: str) -> Schema:
    if step == "[]":
        made["type"] = "array"
        found: Schema = made.setdefault("items", {"type": "object"})
    elif step == "*":
        found = made.setdefault("additionalProperties", {"type": "object"})
    else:
        found = made.setdefault("properties", {}).setdefault(step, {"type": "object"})
        if step not in made.setdefault("required", []):
            made["required"].append(step)
    return found


def closed(made: Any) -> Any:
    """The same schema, which takes no field that it does not name."""
    if isinstance(made, list):
        return [closed(each) for each in made]
    if not isinstance(made, dict):
        return made
    found = {key: closed(value) for key, value in made.items()}
    if "properties" in found and isinstance(made.get("required"), list):
        found.setdefault("additionalProperties", False)
    return found


def written() -> str:
    """The file as it is to be."""
    return json.dumps(schema(SOURCE.read_text(encoding="utf-8")), indent=2, ensure_ascii=False) + "\n"
