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
    verbs = ("plan", "peers", "cut", "site", "validate", "rollback", "mesh_on")
    assert named == {f"playbooks/{verb}.yml" for verb in verbs}
    assert named <= there
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
        if default != "" or kind is str:
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
    named = [node["unified_job_template"] for node in NODES.values()]
    assert {each["name"] for each in named if each["type"] == "job_template"} <= set(TEMPLATES)
    after = {
        other["identifier"]
        for n in NODES.values()
        for found in n.get("related", {}).values()
        for other in found
    }
    assert after == set(NODES) - {"plan"}


def test_nothing_is_rolled_back_or_written_that_nobody_approved() -> None:
    led_to: dict[str, set[tuple[str, str]]] = {}
    for name, node in NODES.items():
        for kind, others in node.get("related", {}).items():
            for other in others:
                led_to.setdefault(other["identifier"], set()).add((name, kind))
    assert led_to["rollback"] == {("approve-rollback", "success_nodes")}
    assert led_to["approve-rollback"] == {(n, "failure_nodes") for n in ("peers", "validate", "cut")}
    assert led_to["peers"] == {("approve-peers", "success_nodes")}
    assert led_to["cut"] == {("approve-cut", "success_nodes")}
    approvals = {
        n for n, node in NODES.items() if node["unified_job_template"]["type"] == "workflow_approval"
    }
    assert not any("failure_nodes" in NODES[name]["related"] for name in approvals)
    assert NODES["approve-rollback"]["unified_job_template"]["timeout"] > 0


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
        "calico_bgp_way_back",
    }
    facts = set(re.findall(r"^ +(\w+):", "".join(re.findall(r"set_fact:\n((?: +\w+: .*\n)+)", text)), re.M))
    assert "calico_plan_result" in facts
    assert not published & (facts | set(re.findall(r"register: (\w+)", text)))


def test_the_project_asks_for_what_the_collection_depends_on() -> None:
    wanted = yaml.safe_load((ROOT / "galaxy.yml").read_text())["dependencies"]
    project = yaml.safe_load((ROOT / "collections/requirements.yml").read_text())["collections"]
    image = yaml.safe_load((ROOT / "execution-environment.yml").read_text())["dependencies"]
    assert project[0] == {"source": ".", "type": "dir"}
    assert {each["name"]: each["version"] for each in project[1:]} == wanted
    assert {each["name"]: each["version"] for each in image["galaxy"]["collections"]} == wanted


def set_up(address: str, *options: str) -> str:
    """Run the playbook awx against the AWX at `address`; what it printed."""
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "CONTROLLER_HOST": address,
        "CONTROLLER_OAUTH_TOKEN": "token",
        "NO_PROXY": "127.0.0.1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    command = ["ansible-playbook", "-i", "localhost,", str(ROOT / "playbooks/awx.yml"), *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_playbook_makes_everything_and_a_second_run_nothing() -> None:
    if importlib.util.find_spec("ansible_collections.awx") is None:
        pytest.skip("the collection awx.awx is not installed (the package ansible has it up to version 13)")
    with awx_api.served() as (api, address):
        options = ("-e", "calico_awx_forks=4")
        assert "changed=7 " in set_up(address, *options)
        made = {row["name"]: row for row in api.tables["job_templates"]}
        assert {name: row["playbook"] for name, row in made.items()} == {
            n: t["playbook"] for n, t in TEMPLATES.items()
        }
        assert {(row["forks"], row["allow_simultaneous"]) for row in made.values()} == {(4, False)}
        assert {name: found["spec"] for name, found in api.surveys.items()} == SURVEYS
        (kubeconfig, *_others) = api.tables["credential_types"]
        assert kubeconfig["injectors"]["extra_vars"] == {
            "calico_plan_kubeconfig": "{{ tower.filename.kubeconfig }}"
        }
        nodes = {row["id"]: row for row in api.tables["workflow_job_template_nodes"]}
        linked = {
            (nodes[number]["identifier"], kind, nodes[other]["identifier"])
            for (_table, number, kind), others in api.links.items()
            for other in others
        }
        assert linked == {
            (name, kind, other["identifier"])
            for name, node in NODES.items()
            for kind, others in node.get("related", {}).items()
            for other in others
        }
        approvals = {row["name"] for row in api.tables["workflow_approval_templates"]}
        assert approvals == {"Approve the plan", "Approve the cut", "Roll back"}
        assert api.tables["schedules"][0]["unified_job_template"] == made["calico-bgp validate"]["id"]
        before = str((api.tables, api.links, api.surveys))
        # The others, which are as many modules again, find their objects in the same way.
        assert "changed=0 " in set_up(address, *options, "--start-at-task", "Workflow")
        assert str((api.tables, api.links, api.surveys)) == before
