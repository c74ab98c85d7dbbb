# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's kinds against Calico's own manifests, where those lie beside the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.kubeapi import load_kinds

CALICO = Path(__file__).resolve().parents[3] / "shared/calico-crds/projectcalico.org-v3"
COMPLETE = ("BGPConfiguration", "BGPPeer", "BGPFilter", "IPPool")
Json = dict[str, Any]
Fields = dict[str, str]

KINDS = {kind["spec"]["names"]["kind"]: kind for kind in load_kinds()}


def fields(schema: Json, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, type) of every field below a schema; a list's elements are `[]`, a map's values `{}`."""
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}", "/".join(filter(None, [part["type"], part.get("format")]))
        yield from fields(part, f"{path}.{name}")
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if isinstance(schema.get(key), dict):
            yield f"{path}{mark}", schema[key]["type"]
            yield from fields(schema[key], f"{path}{mark}")


def parts(kind: Json) -> dict[str, Fields]:
    properties = kind["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    return {part: dict(fields(properties[part])) for part in ("spec", "status") if part in properties}


@pytest.fixture(scope="module")
def calico() -> dict[str, Json]:
    """Calico's definitions by kind."""
    if not CALICO.is_dir():
        pytest.skip(f"Calico's manifests are not at {CALICO}")
    manifests = (yaml.safe_load(path.read_text()) for path in sorted(CALICO.glob("*.yaml")))
    return {manifest["spec"]["names"]["kind"]: manifest for manifest in manifests}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_named_and_scoped_as_calico_has_it(kind: str, calico: dict[str, Json]) -> None:
    ours, theirs = KINDS[kind]["spec"], calico[kind]["spec"]
    assert (ours["group"], ours["scope"], ours["names"]) == (
        theirs["group"],
        theirs["scope"],
        theirs["names"],
    )
    assert [version["name"] for version in ours["versions"]] == ["v3"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_exists_in_calico_with_the_same_type(kind: str, calico: dict[str, Json]) -> None:
    theirs = parts(calico[kind])
    for part, ours in parts(KINDS[kind]).items():
        assert ours.items() <= theirs[part].items()


@pytest.mark.parametrize("kind", COMPLETE)
def test_no_field_of_the_spec_is_missing(kind: str, calico: dict[str, Json]) -> None:
    assert parts(calico[kind])["spec"].keys() == parts(KINDS[kind])["spec"].keys()


@pytest.mark.parametrize("kind", KINDS)
def test_enums_and_required_fields_allow_nothing_calico_refuses(kind: str, calico: dict[str, Json]) -> None:
    ours, theirs = dict(_limits(KINDS[kind])), dict(_limits(calico[kind]))
    for path, (values, required) in ours.items():
        known, demanded = theirs.get(path, (set(), set()))
        assert not values or values <= known, path
        assert demanded <= required, path


def _limits(kind: Json) -> Iterator[tuple[str, tuple[set[str], set[str]]]]:
    schema = kind["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    waiting = [("", schema)]
    while waiting:
        path, part = waiting.pop()
        either = (part, *part.get("allOf", []))
        values: list[str] = next((each["enum"] for each in either if "enum" in each), [])
        yield path, (set(values), set(part.get("required", [])))
        waiting += [(f"{path}.{name}", child) for name, child in part.get("properties", {}).items()]
        if isinstance(part.get("items"), dict):
            waiting.append((f"{path}[]", part["items"]))
