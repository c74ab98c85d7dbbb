# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a run goes, and what it asks on its way, the plays say and no variable from outside."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PLAYS = ROOT / "playbooks"
GUARD = PLAYS / "plays/inventory.yml"
#: What the plays hand on of what the user says, show or leave out: nothing is turned off by it.
THE_USERS = {
    "bgp_validate_accept",
    "bgp_validate_change",
    "bgp_validate_cluster_id",
    "bgp_validate_details",
    "bgp_validate_interval",
    "bgp_validate_parallel",
    "bgp_validate_strict",
    "bgp_validate_table",
    "bgp_validate_wait",
    "calico_peering_namespace",
    "calico_plan_accept_left_out",
    "calico_plan_ask",
    "calico_plan_former",
    "calico_plan_hosts",
    "calico_plan_reflectors",
    "calico_plan_soak",
    "calico_plan_timeout",
    "calicoctl_cluster_version",
    "cisco_rr_save",
    "gate_shown",
    "plan_holds",
    "plan_shown",
    "validate_plan",
}
ROLE_IMPORTS = ("ansible.builtin.import_role", "ansible.builtin.include_role")
#: Roles whose arguments are an inventory's own. Those of others come from the plays, and modules check them.
FROM_THE_INVENTORY = {"bgp_evaluate", "calico_plan", "calicoctl", "cisco_rr"}


def guarded(name: str) -> bool:
    """Whether the first play of every playbook refuses the variable."""
    pattern = next(
        task["vars"]["inventory_names"]
        for play in yaml.safe_load(GUARD.read_text())
        for task in play["tasks"]
        if "vars" in task
    )
    return re.search(pattern, name) is not None


def variables(part: Any) -> Iterator[str]:
    """The names of all variables that plays and tasks set."""
    if isinstance(part, list):
        for each in part:
            yield from variables(each)
    elif isinstance(part, dict):
        yield from part.get("vars") or ()
        for key in ("tasks", "block", "rescue", "always"):
            yield from variables(part.get(key))


def test_what_the_plays_say_nobody_else_may() -> None:
    files = [path for path in PLAYS.rglob("*.yml") if path.name not in ("awx.yml", "inventory.yml")]
    said = {name for path in files for name in variables(yaml.safe_load(path.read_text()))}
    assert {"bgp_validate_gate", "judge_gate", "watch_round", "calico_plan_approved"} <= said
    assert {name for name in said if not guarded(name)} == THE_USERS


@pytest.mark.parametrize("name", ["calico_plan_result", "calico_plan_run", "calico_mesh_stage"])
def test_nor_what_they_hand_on(name: str) -> None:
    assert guarded(name)


@pytest.mark.parametrize(
    "name",
    ["calico_bgp_timeout", "calico_plan_namespace", "bgp_validate_socket", "bgp_validate_probe_report"],
)
def test_what_the_user_says_is_left_alone(name: str) -> None:
    assert not guarded(name)


def play(tmp_path: Path, *options: str, **extra: Any) -> tuple[int, str]:
    """The first play of every playbook, with these variables after -e."""
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(
        yaml.safe_dump({"calico_clusters": {"hosts": {"lab": {"ansible_connection": "local"}}}})
    )
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory), str(GUARD)]
    done = subprocess.run(
        [*command, *options, "-e", json.dumps(extra)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, re.sub(r"\s+", " ", done.stdout + done.stderr)


def test_a_run_with_such_a_variable_ends_before_it_begins(tmp_path: Path) -> None:
    status, output = play(tmp_path, bgp_validate_gate="push", calico_plan_approved="", calico_bgp_timeout=5)
    assert status != 0
    assert "set from outside (-e, a survey, the inventory)" in output
    named = re.findall(r"\"?([\w, ]+) is set from outside", output)[0]
    assert set(named.strip().split(", ")) == {"bgp_validate_gate", "calico_plan_approved"}


def test_no_limit_goes_round_that(tmp_path: Path) -> None:
    status, output = play(tmp_path, "--limit", "lab", bgp_validate_gate="push")
    assert status != 0
    assert "bgp_validate_gate is set from outside" in output
    status, output = play(tmp_path, "--limit", "lab")
    assert status == 0, output


def test_an_inventory_without_hosts_is_refused(tmp_path: Path) -> None:
    (tmp_path / "none.yml").write_text("{}")
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "none.yml", str(GUARD)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "has 0 hosts in group calico_clusters" in re.sub(r"\s+", " ", done.stdout + done.stderr)


def test_a_run_without_one_goes_on(tmp_path: Path) -> None:
    status, output = play(tmp_path, calico_bgp_timeout=5, calico_plan_migration=False)
    assert status == 0, output


#: Options that say which way a task goes.
WAYS = {"state", "migration", "gate", "event", "only"}


def tasks(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, list):
        for each in part:
            yield from tasks(each)
    elif isinstance(part, dict):
        yield part
        for key in ("block", "rescue", "always"):
            yield from tasks(part.get(key))


@pytest.mark.parametrize("role", ["calico_mesh", "calico_peering", "calico_plan", "cisco_rr"])
def test_a_role_that_changes_something_reads_its_way_from_no_variable(role: str) -> None:
    found = {}
    for path in sorted((ROOT / "roles" / role / "tasks").glob("*.yml")):
        for task in tasks(yaml.safe_load(path.read_text())):
            options = [value for value in task.values() if isinstance(value, dict)]
            found |= {
                (path.name, task["name"], way): given[way] for given in options for way in WAYS & set(given)
            }
    assert found
    assert not {key: value for key, value in found.items() if "{{" in str(value)}


def test_the_cut_asks_its_gate_whatever_anybody_says() -> None:
    cut = yaml.safe_load((ROOT / "roles/calico_mesh/tasks/off.yml").read_text())
    names = [next(key for key in task if "." in key) for task in cut]
    gate = cut[names.index("telco.calico_bgp.bgp_validate")]
    assert set(gate) == {"name", "telco.calico_bgp.bgp_validate"}, "no condition stands in front of it"
    assert gate["telco.calico_bgp.bgp_validate"]["gate"] == "unchanged"
    assert names.index("telco.calico_bgp.bgp_validate") < names.index("telco.calico_bgp.calico_mesh")


def imports(node: Any) -> Iterator[dict[str, Any]]:
    """All imports of roles in what YAML holds."""
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else []:
        yield from imports(each)
    if isinstance(node, dict):
        yield from (node[name] for name in ROLE_IMPORTS if name in node)


def test_arguments_are_checked_where_an_inventory_gives_them_and_nowhere_else() -> None:
    """A check of arguments is a task on every host, in each play that asks all nodes."""
    files = [*PLAYS.glob("*.yml"), *PLAYS.glob("plays/*.yml"), *(ROOT / "roles").glob("*/tasks/*.yml")]
    found = [each for path in files for each in imports(yaml.safe_load(path.read_text()))]
    assert len(found) > 80
    for each in found:
        role = each["name"].rpartition(".")[2]
        whole = role in FROM_THE_INVENTORY and (role == "calico_plan" or "tasks_from" not in each)
        assert each.get("rolespec_validate", True) is whole, each
