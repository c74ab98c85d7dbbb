# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The objects for AWX: they hold together, AWX would take them, and the playbook awx makes them."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers import awx_api

ROOT = Path(__file__).resolve().parents[2]
#: AWX: api/views, JobTemplateSurveySpec.
SURVEY_TYPES = {
    "text": str,
    "textarea": str,
    "password": str,
    "integer": int,
    "float": float,
    "multiplechoice": str,
}
#: AWX: main/utils/ansible.py, what makes a file a playbook.
PLAYBOOK = re.compile(
    r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?include|(ansible\.builtin\.)?import_playbook):", re.M
)


class Loader(yaml.SafeLoader):
    """YAML with Ansible's tag for texts that are no templates."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))  # type: ignore[arg-type]
DATA: dict[str, Any] = yaml.load((ROOT / "playbooks/vars/awx.yml").read_text(), Loader)
TEMPLATES = {template["name"]: template for template in DATA["calico_awx_job_templates"]}
WORKFLOW = DATA["calico_awx_workflow"]
NODES = {node["identifier"]: node for node in WORKFLOW["nodes"]}
KINDS = ("success", "failure")
TIMES = [
    # a time as it is given, seconds to watch (None: as the plan says), seconds to wait
    ("", None, 120),
    (None, None, 120),
    (0, 0, 0),
    ("0", 0, 0),
    (2.5, 2.5, 2.5),
]
SURVEYS = {t["name"]: t["survey"] for t in [*TEMPLATES.values(), WORKFLOW] if "survey" in t}


def playbook_text() -> str:
    """All playbooks that a job template may name, and those that they import."""
    return "".join(
        path.read_text() for path in (ROOT / "playbooks").rglob("*.yml") if path.parent.name != "vars"
    )


def role_options() -> set[str]:
    """Every option of every role."""
    specs = [yaml.safe_load(p.read_text()) for p in (ROOT / "roles").glob("*/meta/argument_specs.yml")]
    return {name for spec in specs for entry in spec["argument_specs"].values() for name in entry["options"]}


def test_there_is_a_job_template_for_each_playbook_and_awx_offers_it() -> None:
    named = {template["playbook"] for template in TEMPLATES.values()}
    there = {f"playbooks/{path.name}" for path in (ROOT / "playbooks").glob("*.yml")}
    by_hand = {f"playbooks/{name}.yml" for name in ("awx", "calicoctl", "evaluate", "report")}
    assert named == there - by_hand
    for path in named:
        assert PLAYBOOK.search((ROOT / path).read_text()), path
    assert not PLAYBOOK.search((ROOT / "playbooks/vars/awx.yml").read_text())


@pytest.mark.parametrize("name", SURVEYS)
def test_awx_takes_the_survey(name: str) -> None:
    variables = [question["variable"] for question in SURVEYS[name]]
    assert len(variables) == len(set(variables))
    for question in SURVEYS[name]:
        assert {"question_name", "variable", "type", "required"} <= set(question)
        kind, default = SURVEY_TYPES[question["type"]], question["default"]
        assert isinstance(question["required"], bool)
        assert default == "" or (isinstance(default, kind) and not isinstance(default, bool))
        size = len(default) if kind is str else default
        if default != "" or (kind is str and not question["required"]):
            assert question["min"] <= size <= question["max"]


@pytest.mark.parametrize("name", SURVEYS)
def test_each_question_is_about_a_variable_that_exists(name: str) -> None:
    options, text = role_options(), playbook_text()
    for question in SURVEYS[name]:
        assert question["variable"] in options or re.search(rf"\b{question['variable']}\b", text)


def test_a_credential_gives_variables_that_exist_and_keeps_its_secrets() -> None:
    known = role_options() | {"calico_bgp_router_user", "calico_bgp_router_password"}
    text = (ROOT / "docs/awx.md").read_text()
    for kind in DATA["calico_awx_credential_types"]:
        fields = {field["id"]: field for field in kind["inputs"]["fields"]}
        assert set(kind["injectors"]["extra_vars"]) <= known
        for variable in kind["injectors"]["extra_vars"]:
            assert f"`{variable}`" in text or f"{{{{ {variable} }}}}" in text
        assert all(field.get("secret") for name, field in fields.items() if name != "username")
        used = re.findall(r"{{ (\w+) }}", str(kind["injectors"]))
        assert set(used) == set(fields)


def test_the_workflow_is_whole() -> None:
    assert {node["job_template"] for node in NODES.values() if "job_template" in node} <= set(TEMPLATES)
    after = {other for n in NODES.values() for kind in KINDS for other in n.get(kind, [])}
    assert after == set(NODES) - {"plan"}
    assert all(("job_template" in node) != ("approval" in node) for node in NODES.values())


def test_nothing_is_rolled_back_or_written_that_nobody_approved() -> None:
    led_to: dict[str, set[tuple[str, str]]] = {}
    for name, node in NODES.items():
        for kind in KINDS:
            for other in node.get(kind, []):
                led_to.setdefault(other, set()).add((name, kind))
    assert led_to["rollback"] == {("approve-rollback", "success")}
    assert led_to["approve-rollback"] == {(n, "failure") for n in ("peers", "validate", "cut")}
    assert led_to["peers"] == {("approve-peers", "success")}
    assert led_to["cut"] == {("approve-cut", "success")}
    assert not any("failure" in node for node in NODES.values() if "approval" in node)
    assert NODES["approve-rollback"]["approval"]["timeout"] > 0


def test_a_way_that_takes_over_from_a_failed_step_ends_in_the_red_job() -> None:
    """AWX forgives a failed node for whose failure another node is there."""

    def ends(name: str) -> set[str]:
        following = [other for kind in KINDS for other in NODES[name].get(kind, [])]
        return set().union(*map(ends, following)) if following else {name}

    taken_over = {other for node in NODES.values() for other in node.get("failure", [])}
    assert taken_over
    assert set().union(*map(ends, taken_over)) == {"migration-failed"}
    said = ansible(
        "playbooks/migration_failed.yml",
        "-e",
        '{"calico_bgp_result": {"outcome": "rolled_back", "mesh": true}}',
    )
    assert said.returncode == 2
    assert "The way back ended as rolled_back, the mesh is on" in " ".join(said.stdout.split())
    unknown = ansible("playbooks/migration_failed.yml")
    assert "The way back ended as not known, the mesh is not known" in " ".join(unknown.stdout.split())


def test_a_time_that_nobody_gives_does_not_take_the_place_of_the_inventorys() -> None:
    times = [q for survey in SURVEYS.values() for q in survey if q["type"] == "integer"]
    assert {q["variable"] for q in times} == {"calico_bgp_timeout", "calico_bgp_soak"}
    assert {q["default"] for q in times} == {""}


def test_an_empty_time_is_not_given_and_a_nought_is(tmp_path: Path) -> None:
    """As the play gives the two times to the run, so they are in its state."""
    text = (ROOT / "playbooks/plays/plan.yml").read_text()
    expressions = {name: re.findall(rf'calico_plan_{name}: "(.+)"', text)[0] for name in ("timeout", "soak")}
    plays = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"calico_bgp_soak": given, "calico_bgp_timeout": given},
            "tasks": [
                {
                    "telco.calico_bgp.bgp_run": {
                        "cluster": str(number),
                        "directory": str(tmp_path / "runs"),
                        **expressions,
                    }
                }
            ],
        }
        for number, (given, _soak, _timeout) in enumerate(TIMES)
    ]
    playbook = tmp_path / "times.yml"
    playbook.write_text(yaml.safe_dump(plays))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local"]
    done = subprocess.run(
        [*command, str(playbook)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    states = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("runs/*/*/state.json"))]
    assert [(state["soak"], state["timeout"]) for state in states] == [times[1:] for times in TIMES]


def test_nothing_that_the_workflow_is_given_takes_the_place_of_the_approved_plan() -> None:
    assert {question["variable"] for question in WORKFLOW["survey"]} == {
        "calico_bgp_timeout",
        "calico_bgp_soak",
        "calico_bgp_guard",
    }


def test_published_names_are_no_facts_of_a_play() -> None:
    """Artifacts are extra vars of the jobs that follow, and an extra var hides a fact of the same name."""
    text = playbook_text() + "".join(path.read_text() for path in (ROOT / "roles").glob("*/tasks/*.yml"))
    published = set(
        re.findall(
            r"^ +(calico_bgp_\w+):",
            "".join(re.findall(r"set_stats:\n( +data:\n(?: +\w+: .*\n)+)", text)),
            re.M,
        )
    )
    assert published == {
        "calico_bgp_result",
        "calico_bgp_approved_plan",
        "calico_bgp_approved_parts",
        "calico_bgp_change_document",
        "calico_bgp_way_back",
    }
    facts = set(re.findall(r"^ +(\w+):", "".join(re.findall(r"set_fact:\n((?: +\w+: .*\n)+)", text)), re.M))
    assert "calico_plan_result" in facts
    assert not published & (facts | set(re.findall(r"register: (\w+)", text)))


def test_the_project_asks_for_what_the_collection_depends_on() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    wanted = galaxy["dependencies"]
    project = yaml.safe_load((ROOT / "collections/requirements.yml").read_text())["collections"]
    image = yaml.safe_load((ROOT / "execution-environment.yml").read_text())
    assert project[0] == {"source": ".", "type": "dir"}
    assert {each["name"]: each["version"] for each in project[1:]} == wanted
    own, *others = image["dependencies"]["galaxy"]["collections"]
    assert {each["name"]: each["version"] for each in others} == wanted
    (built,) = image["additional_build_files"]
    assert own == {"name": f"{built['dest']}/{built['src']}", "type": "file"}
    assert built["src"] == f"telco-calico_bgp-{galaxy['version']}.tar.gz"


def ansible(playbook: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a playbook of the checkout without an inventory."""
    given = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "NO_PROXY": "127.0.0.1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        **environment,
    }
    command = ["ansible-playbook", "-i", "localhost,", str(ROOT / playbook), *options]
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class Awx:
    """The stand-in, and the playbook awx against it."""

    api: awx_api.Api
    address: str

    def run(self, variables: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        """Run the playbook."""
        token = {"CONTROLLER_HOST": self.address, "CONTROLLER_OAUTH_TOKEN": "token"}
        return ansible("playbooks/awx.yml", "-e", json.dumps(variables), **token)

    def set_up(self, **variables: Any) -> str:
        """Run the playbook, which has to end well and without a warning; what it printed."""
        done = self.run(variables)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "WARNING" not in done.stdout + done.stderr
        return done.stdout

    def rows(self, table: str, **wanted: Any) -> dict[str, dict[str, Any]]:
        """Rows by name."""
        found = self.api.find(table, {key: str(value) for key, value in wanted.items()})
        return {row["name"]: row for row in found}

    def linked(self) -> set[tuple[str, str, str]]:
        """What follows what in the workflows."""
        nodes = {row["id"]: row for row in self.api.tables["workflow_job_template_nodes"]}
        return {
            (nodes[number]["identifier"], kind, nodes[other]["identifier"])
            for (table, number, kind), others in self.api.links.items()
            for other in others
            if table == "workflow_job_template_nodes"
        }

    def everything(self) -> str:
        """All that is in AWX, as text to compare."""
        return str((self.api.tables, self.api.links, self.api.surveys))


@pytest.fixture(scope="module")
def awx() -> Iterator[Awx]:
    if importlib.util.find_spec("ansible_collections.awx") is None:
        pytest.skip("the collection awx.awx is not installed (the package ansible has it up to version 13)")
    with awx_api.served() as (api, address):
        api.add("teams", {"name": "network", "organization": api.tables["organizations"][0]["id"]})
        api.add("teams", {"name": "lead", "organization": api.tables["organizations"][0]["id"]})
        api.add("credentials", {"name": "git"})
        api.add("credentials", {"name": "hub"})
        yield Awx(api, address)


#: What a team gives the playbook.
OURS = {
    "calico_awx_forks": 4,
    "calico_awx_scm_credential": "git",
    "calico_awx_galaxy_credentials": ["hub"],
    "calico_awx_operators": ["network"],
    "calico_awx_approvers": ["lead"],
}


def test_a_first_fetch_that_fails_is_mended_by_running_again(awx: Awx) -> None:
    awx.api.broken = True
    assert "Project update failed" in awx.run(OURS).stdout
    again = awx.run(OURS)
    assert again.returncode == 2
    assert "job_templates" not in awx.api.tables
    awx.api.broken = False
    awx.set_up(**OURS)
    assert awx.rows("projects")["calico-bgp"]["status"] == "successful"


def test_the_playbook_makes_everything(awx: Awx) -> None:
    made = awx.rows("job_templates")
    assert {name: row["playbook"] for name, row in made.items()} == {
        f"calico-bgp {n}": t["playbook"] for n, t in TEMPLATES.items()
    }
    assert {(row["forks"], row["allow_simultaneous"]) for row in made.values()} == {(4, False)}
    surveys = {row["name"]: awx.api.surveys.get(row["id"]) for row in made.values()}
    assert {name.removeprefix("calico-bgp "): found["spec"] for name, found in surveys.items() if found} == {
        name: spec for name, spec in SURVEYS.items() if name in TEMPLATES
    }
    (kubeconfig, *_others) = awx.api.tables["credential_types"]
    assert kubeconfig["injectors"]["extra_vars"] == {
        "calico_plan_kubeconfig": "{{ tower.filename.kubeconfig }}"
    }
    assert awx.linked() == {
        (name, f"{kind}_nodes", other)
        for name, node in NODES.items()
        for kind in KINDS
        for other in node.get(kind, [])
    }
    assert set(awx.rows("workflow_approval_templates")) == {
        "calico-bgp approve the plan",
        "calico-bgp approve the cut",
        "calico-bgp roll back",
    }
    (schedule,) = awx.api.tables["schedules"]
    assert schedule["unified_job_template"] == made["calico-bgp validate"]["id"]
    credentials = awx.rows("credentials")
    assert awx.rows("projects")["calico-bgp"]["credential"] == credentials["git"]["id"]
    assert awx.api.links["organizations", 1, "galaxy_credentials"] == [credentials["hub"]["id"]]


def test_the_glass_to_break_waits_for_no_inventory(awx: Awx) -> None:
    (source,) = awx.api.tables["inventory_sources"]
    templates = awx.rows("job_templates")
    waits = {name for name, row in templates.items() if row["inventory"] == source["inventory"]}
    assert set(templates) - waits == {"calico-bgp mesh on", "calico-bgp migration failed"}
    alone = templates["calico-bgp mesh on"]["inventory"]
    (host,), (group,) = (awx.api.find(table, {"inventory": str(alone)}) for table in ("hosts", "groups"))
    assert group["name"] == "calico_clusters"
    assert awx.api.links["groups", group["id"], "hosts"] == [host["id"]]
    assert json.loads(host["variables"])["ansible_connection"] == "local"


def test_who_may_approve_may_read_what_the_steps_printed(awx: Awx) -> None:
    def teams(row: dict[str, Any], role: str) -> list[int]:
        number = row["summary_fields"]["object_roles"][role]["id"]
        return awx.api.links.get(("roles", number, "teams"), [])

    network, lead = (awx.rows("teams")[name]["id"] for name in ("network", "lead"))
    (workflow,) = awx.rows("workflow_job_templates").values()
    assert (teams(workflow, "execute_role"), teams(workflow, "approval_role")) == ([network], [lead])
    for row in awx.rows("job_templates").values():
        assert (teams(row, "execute_role"), teams(row, "read_role")) == ([network], [lead]), row["name"]


def test_a_second_run_changes_nothing_and_leaves_a_schedule_off(awx: Awx) -> None:
    awx.api.tables["schedules"][0]["enabled"] = False
    before = awx.everything()
    assert "changed=0 " in awx.set_up(**OURS)
    assert awx.everything() == before


def test_another_cluster_and_another_organization_have_their_own(awx: Awx) -> None:
    first = {name: dict(row) for name, row in awx.rows("job_templates").items()}
    other = awx.api.add("organizations", {"name": "Other"})["id"]
    awx.set_up(calico_awx_organization="Other")
    theirs = awx.rows("job_templates", organization=other)
    assert set(theirs) == set(first)
    inventories = {row["id"] for row in awx.api.find("inventories", {"organization": str(other)})}
    assert {row["inventory"] for row in theirs.values()} == inventories
    awx.set_up(calico_awx_prefix="edge")
    assert {f"edge {name}" for name in TEMPLATES} <= set(awx.rows("job_templates", organization=1))
    assert {name: awx.rows("job_templates", organization=1)[name] for name in first} == first
    assert len(awx.api.tables["credential_types"]) == len(DATA["calico_awx_credential_types"])


#: Ansible's own command, with another version of ansible-core.
AS_VERSION = """
import sys, ansible.release
ansible.release.__version__ = sys.argv.pop(1)
from ansible.cli.playbook import main
main(sys.argv)
"""


@pytest.mark.parametrize(("version", "taken"), [("2.15.13", False), ("2.16.19", False), ("2.17.0", True)])
def test_an_old_core_is_refused_by_name(version: str, taken: bool, tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    inventory.write_text("calico_clusters: {hosts: {lab: {ansible_connection: local}}}")
    command = [sys.executable, "-c", AS_VERSION, version, "-i", str(inventory)]
    done = subprocess.run(
        [*command, str(ROOT / "playbooks/plays/inventory.yml")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is taken, done.stdout + done.stderr
    assert (
        f"This is ansible-core {version}; telco.calico_bgp is made for" in done.stdout + done.stderr
    ) is not taken
