# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that read a router's text: data out of a template, errors in a sentence, fields as documented."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleError
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.show import records
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router_text
from tests.helpers.show_dynamic import DYNAMIC
from tests.helpers.show_summary import HEAD, TITLE, row
from tests.helpers.show_texts import BLOCK, DETAIL, PEER_GROUP, TABLE, UPDATE_GROUP

FILTERS = Path(__file__).parents[2] / "plugins" / "filter"
TABLE_ROW = " *>i  10.244.7.0/26    192.168.1.10                  100      0 i\n"
CLUSTER = "Global cluster-id: 0.0.0.1 (configured: 0.0.0.1)\n"
EXPECTED = {
    # filter: (text, expression behind it, what it gives)
    "ios_bgp_summary": (
        DYNAMIC,
        "map(attribute='address')",
        ["192.168.1.10", "192.168.100.100", "192.168.1.12"],
    ),
    "ios_bgp_neighbors": (
        BLOCK,
        "map(attribute='families') | first | map(attribute='name')",
        ["IPv4 Unicast"],
    ),
    "ios_bgp_prefixes": (TABLE + TABLE_ROW, "map(attribute='local_preference')", [100]),
    "ios_bgp_cluster_ids": (CLUSTER, "dictsort | first", ["client_to_client", None]),
    "ios_bgp_listen_ranges": (
        DYNAMIC,
        "dictsort | first",
        ["limit", 100],
    ),
    "ios_bgp_peer_groups": (PEER_GROUP, "map(attribute='route_reflector_clients')", [["IPv4 Unicast"]]),
    "ios_bgp_update_groups": (UPDATE_GROUP, "map(attribute='number')", [1]),
}
RECORDS = {
    "ios_bgp_summary": records.SummaryRow,
    "ios_bgp_neighbors": records.NeighborDetail,
    "ios_bgp_prefixes": records.BgpPath,
    "ios_bgp_cluster_ids": records.ClusterIds,
    "ios_bgp_listen_ranges": records.ListenRanges,
    "ios_bgp_peer_groups": records.PeerGroup,
    "ios_bgp_update_groups": records.UpdateGroup,
}


def template(name: str, text: object, rest: str = "", arguments: str = "") -> Any:
    """What Jinja makes of the filter."""
    module = importlib.import_module(f"ansible_collections.telco.calico_bgp.plugins.filter.{name}")
    environment = NativeEnvironment()
    environment.filters.update(module.FilterModule().filters())
    return environment.from_string(f"{{{{ text | {name}{arguments}{rest and ' | '}{rest} }}}}").render(
        text=text
    )


def test_a_playbook_finds_the_filters(tmp_path: Path):
    names = " and ".join(f"(text.{name} | telco.calico_bgp.{name} is not none)" for name in EXPECTED)
    tasks = [{"ansible.builtin.assert": {"that": names}}]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    play["vars"] = {"text": {name: text for name, (text, _rest, _expected) in EXPECTED.items()}}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    command = [
        Path(sys.executable).parent / "ansible-playbook",
        "-i",
        "localhost,",
        "-c",
        "local",
        "play.yml",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", EXPECTED)
def test_data_out_of_a_text(name: str):
    text, rest, expected = EXPECTED[name]
    assert list(template(name, text, f"{rest} | list")) == expected


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("The moon is full", "'The moon is full'"),
        ("% Invalid input detected at '^' marker.", "the router refused the command"),
        (["a text in a list"], "expected the text of one command, got"),
    ],
)
def test_an_error_is_a_sentence(name: str, text: object, sentence: str):
    with pytest.raises(AnsibleError) as caught:
        template(name, text)
    assert sentence in str(caught.value)
    assert f"{name}: " in str(caught.value)


@pytest.mark.parametrize("name", EXPECTED)
def test_no_process_is_no_empty_list(name: str):
    with pytest.raises(AnsibleError, match="BGP not active"):
        template(name, "% BGP not active\n")


def test_the_command_is_named_in_errors_and_gives_family_and_vrf():
    command = "('show bgp vpnv4 unicast vrf RED summary')"
    (shown,) = template("ios_bgp_summary", HEAD + TITLE + row(), arguments=command)
    assert (shown["family"], shown["vrf"]) == ("VPNv4 Unicast", "RED")
    with pytest.raises(
        AnsibleError, match="show bgp vpnv4 unicast vrf RED summary, line 1: 'The moon is full'"
    ):
        template("ios_bgp_summary", "The moon is full", arguments=command)


def test_unknown_lines_of_a_heading_are_a_warning(monkeypatch: pytest.MonkeyPatch):
    said: list[str] = []
    monkeypatch.setattr(router_text.display, "warning", said.append)
    assert len(template("ios_bgp_summary", HEAD + "The moon is full\n" + TITLE + row())) == 1
    assert said == [
        "ios_bgp_summary: this line of a heading is not known; please report it: 'The moon is full'"
    ]


def test_one_prefix_in_detail():
    assert template("ios_bgp_prefixes", DETAIL, "map(attribute='originator') | list") == ["192.168.1.10", ""]


@pytest.mark.parametrize("name", RECORDS)
def test_the_documentation_names_every_field(name: str):
    documented = yaml.safe_load((FILTERS / f"{name}.yml").read_text())["RETURN"]["_value"]["contains"]
    assert list(documented) == [each.name for each in fields(RECORDS[name])]
    if name == "ios_bgp_neighbors":
        family = [each.name for each in fields(records.NeighborFamily)]
        assert list(documented["families"]["contains"]) == family
