# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation says what the code does: options, defaults, checks, and the fields of the result."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.utils.plugin_docs import add_fragments

from ansible_collections.telco.calico_bgp.plugins.module_utils import peerlists, plan, report
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import gates
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.evidence import Evidence
from ansible_collections.telco.calico_bgp.plugins.module_utils.guard import Seen as SeenGuard
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Peer, Pool
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import (
    NodeObservation,
    NodeRoutes,
    Outlet,
    Push,
    RouterSession,
)
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import PHASES, RunState
from tests.helpers import article, article_details
from tools import roletables

ROOT = Path(__file__).resolve().parents[2]
ACTIONS = sorted(path.stem for path in (ROOT / "plugins/action").glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())
CHECK = re.compile(r"[a-z]+\.[a-z_]+\Z")


def literal(path: Path, name: str) -> Any:
    """The value of the constant `name` in a Python file."""
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == name:
            return ast.literal_eval(statement.value)
    raise LookupError(f"{path} has no {name}.")


class Fragments:
    """The documentation fragments of the collection, as Ansible's loader gives them."""

    @staticmethod
    def get(name: str) -> type | None:
        """The class of a fragment; None where the last part of the name is one of its variables."""
        module = name.removeprefix("telco.calico_bgp.")
        if "." in module:
            return None
        found = import_module(f"ansible_collections.telco.calico_bgp.plugins.doc_fragments.{module}")
        return type("Fragment", (found.ModuleDocFragment,), {"ansible_name": name})


def documented_options(action: str) -> dict[str, dict[str, Any]]:
    """What a module says of its options, those of its fragments added by Ansible."""
    path = ROOT / f"plugins/modules/{action}.py"
    page = yaml.safe_load(literal(path, "DOCUMENTATION"))
    add_fragments(page, str(path), Fragments(), is_module=True)
    return cast("dict[str, dict[str, Any]]", page["options"])


def taken(action: str) -> dict[str, dict[str, Any]]:
    """The argument spec of an action plugin, as it is when a task runs it."""
    plugin = import_module(f"ansible_collections.telco.calico_bgp.plugins.action.{action}")
    return cast("dict[str, dict[str, Any]]", plugin.ARGUMENTS)


def wrong(action: str, parameters: Mapping[str, Any]) -> list[str]:
    """What Ansible says of these options of an action plugin."""
    return cast("list[str]", ArgumentSpecValidator(taken(action)).validate(parameters).error_messages)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_plugin_takes_the_options_it_documents(action: str) -> None:
    told = documented_options(action)
    for name, spec in taken(action).items():
        for key in ("type", "elements", "required", "default", "choices"):
            assert (key in spec) == (key in told[name]), f"{name}: {key}"
            assert spec.get(key) == told[name].get(key), f"{name}: {key}"
    assert list(taken(action)) == list(told)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_plugin_refuses_an_option_it_does_not_document(action: str) -> None:
    needed = {name: "1" for name, option in documented_options(action).items() if option.get("required")}
    for name, option in documented_options(action).items():
        if name in needed and "choices" in option:
            needed[name] = option["choices"][0]
    assert wrong(action, needed) == []
    [message] = wrong(action, {**needed, "stranger": 1})
    assert message.startswith("stranger. Supported parameters include: ")


def test_a_plugin_asks_for_what_it_needs_and_for_one_of_its_choices() -> None:
    assert wrong("bgp_report", {}) == ["missing required arguments: playbook"]
    assert wrong("bgp_validate", {"plan": "p", "gate": "garden"}) == [
        "value of gate must be one of: adoption, dark, reach, push, cut, unchanged, watch, last_look, "
        "adopted, after_cut, returned, mesh, after_rollback, health, drain, drained, undrained, drill, "
        "got: garden"
    ]
    assert wrong("bgp_evaluate", {"lab": {"python": "p"}}) == [
        "missing required arguments: directory found in lab"
    ]
    assert wrong("ios_bgp_reflector", {"plan": "p", "timers": {"hold": 9, "holder": 9}}) == [
        "timers.holder. Supported parameters include: hold, keepalive."
    ]


def test_the_secrets_among_the_options_are_never_shown() -> None:
    specs = [(action, *item) for action in ACTIONS for item in taken(action).items()]
    secret = {(action, name) for action, name, spec in specs if "no_log" in spec}
    assert secret == {("ios_bgp_reflector", "password")}
    assert taken("ios_bgp_reflector")["password"]["no_log"] is True
    texts = {
        (action, name)
        for action, name, spec in specs
        if spec["type"] == "str" and re.search("pass(word|phrase)|secret|token", name)
    }
    assert texts == secret


@pytest.mark.parametrize("action", ACTIONS)
def test_a_plugin_documents_what_it_returns(action: str) -> None:
    documented = yaml.safe_load(literal(ROOT / f"plugins/modules/{action}.py", "RETURN"))
    source = ast.parse((ROOT / f"plugins/action/{action}.py").read_text())
    returned = {
        key.value
        for found in ast.walk(source)
        if isinstance(found, ast.Dict)
        for key in found.keys
        if isinstance(key, ast.Constant) and "changed" in [getattr(k, "value", None) for k in found.keys]
    }
    assert returned - {"changed", "skipped", "failed"} <= set(documented)


def entry_points(role: str) -> dict[str, dict[str, Any]]:
    """The documented options of a role, by entry point."""
    specs = yaml.safe_load((ROOT / f"roles/{role}/meta/argument_specs.yml").read_text())["argument_specs"]
    return {name: spec["options"] for name, spec in specs.items()}


def defaults_of(role: str) -> dict[str, Any]:
    """The role's defaults as they are written."""
    return cast("dict[str, Any]", yaml.safe_load((ROOT / f"roles/{role}/defaults/main.yml").read_text()))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_documents_its_defaults(role: str) -> None:
    documented = [item for options in entry_points(role).values() for item in options.items()]
    for name, value in defaults_of(role).items():
        shown = [option for found, option in documented if found == name]
        assert shown, f"{name} is in no entry point of {role}"
        for option in shown:
            computed = isinstance(value, str) and value.startswith("{{")
            if computed or option.get("required"):
                assert "default" not in option, name
            else:
                assert option["default"] == value, name


@pytest.mark.parametrize("role", ROLES)
def test_a_documented_default_is_one_of_the_role(role: str) -> None:
    written = defaults_of(role)
    for options in entry_points(role).values():
        lacking = {name for name, option in options.items() if "default" in option} - set(written)
        assert lacking == set(), "the task would end at a variable that is undefined"


def test_the_role_gives_its_module_every_option() -> None:
    (task, *_rest) = yaml.safe_load((ROOT / "roles/cisco_rr/tasks/main.yml").read_text())
    assert set(task["telco.calico_bgp.ios_bgp_reflector"]) == set(taken("ios_bgp_reflector"))


def test_the_filter_makes_lines_of_the_options_of_the_role() -> None:
    page = yaml.safe_load((ROOT / "plugins/filter/ios_bgp_lines.yml").read_text())["DOCUMENTATION"]
    of_filter = {name: option.get("default") for name, option in page["options"].items()}
    of_role = {
        name.removeprefix("cisco_rr_"): None if value == "{{ omit }}" else value
        for name, value in defaults_of("cisco_rr").items()
    }
    shared = of_filter.keys() & of_role.keys()
    assert {name: of_filter[name] for name in shared} == dict(peerlists.LINE_OPTIONS)
    assert {name: of_role[name] for name in shared} == dict(peerlists.LINE_OPTIONS)


@pytest.mark.parametrize("page", ["README.md", "plugins/modules/bgp_report.py"])
def test_the_table_of_the_report_is_shown_as_it_is(page: str) -> None:
    found = [
        re.split(" {2,}", line.strip(" #"))
        for line in (ROOT / page).read_text().splitlines()
        if "node says" in line and line.strip(" #").startswith("node  ")
    ]
    assert found == [[heading for heading, _text in report.COLUMNS]]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_documents_each_variable_that_its_tasks_use(role: str) -> None:
    folder = ROOT / f"roles/{role}"
    files = [*folder.glob("tasks/*.yml"), *folder.glob("templates/*"), folder / "defaults/main.yml"]
    text = "".join(path.read_text() for path in files)
    made = set(re.findall(r"register: (\w+)", text)) | set(re.findall(r"^ {4}(\w+): ", text, re.MULTILINE))
    used = set(re.findall(rf"(?<![\w.]){role}_\w+", text)) - made
    documented = {name for options in entry_points(role).values() for name in options}
    assert used - documented == set()


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_of_a_role_has_the_tables_of_its_argument_specs(role: str) -> None:
    readme = ROOT / f"roles/{role}/README.md"
    assert readme in roletables.readmes()
    assert roletables.written(readme) == readme.read_text(), "run python -m tools.catalogue"
    listed = re.findall(r"^\| `(\w+)`", readme.read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(name for options in entry_points(role).values() for name in options)


def rows(text: str, pattern: str) -> list[list[str]]:
    """The cells of the table rows whose first cell, in backquotes, matches."""
    found = re.findall(r"^\| (.+) \|$", text, re.MULTILINE)
    return [row.split(" | ") for row in found if re.match(rf"`{pattern}`", row)]


CHECKS_TEXT = (ROOT / "docs/checks.md").read_text()
DOCUMENTED = {row[0].strip("`"): row[2] for row in rows(CHECKS_TEXT, r"[a-z]+\.[a-z_]+")}


def calls() -> Iterator[tuple[str, set[str]]]:
    """Each check id in the code, with the verdicts and severities that the code gives it beside pass."""
    for path in sorted((ROOT / "plugins/module_utils/checks").glob("*.py")):
        for function in ast.parse(path.read_text()).body:
            if not isinstance(function, ast.FunctionDef):
                continue
            ids = {
                found.value
                for found in ast.walk(function)
                if isinstance(found, ast.Constant)
                and isinstance(found.value, str)
                and CHECK.match(found.value)
            }
            text = ast.unparse(function)
            for check in ids:
                near = text[text.index(f"'{check}'") :].partition("finding(")[0]
                words = {
                    "unknown" if "UNKNOWN" in near else "",
                    "warning" if "'warning'" in near else "",
                }
                yield check, words - {""}


def test_every_check_is_documented() -> None:
    assert {check for check, _words in calls()}.union(*asked().values()) == set(DOCUMENTED)


def test_the_documentation_names_warnings_and_unknowns() -> None:
    for check, words in calls():
        for word in ("warning", "unknown"):
            if word in words:
                assert word in DOCUMENTED[check], check


# A small cluster that gives every check a subject.
NODES = tuple(
    article.kube_node(name, address, ready=ready)
    for name, address, ready in (("a", "192.0.2.10", True), ("b", "192.0.2.11", True), ("c", "", False))
)
CLUSTER = article.cluster(
    nodes=NODES,
    pools=(Pool("pool", "198.51.100.0/24", 26, "none", True),),
    blocks=(),
    peers=(
        Peer("ours", "192.0.2.1", 64512, {"filters": ["ours"]}, "1"),
        Peer("other", "192.0.2.99", 64512, {}, "1"),
    ),
    configuration={
        "spec": {"nodeToNodeMeshEnabled": False},
        "annotations": {},
        "resourceVersion": "7",
    },
)
WITH_EACH_OTHER = {"interconnect": True}
WISH = plan.Wish(
    "test",
    64512,
    "ours",
    (
        article.reflector(address="192.0.2.1", options=WITH_EACH_OTHER),
        article.reflector("rr2", "192.0.2.2", options=WITH_EACH_OTHER),
        article.reflector("rr3", "192.0.2.3", options=WITH_EACH_OTHER),
    ),
)
PLAN = plan.build(CLUSTER, WISH)
OUTLET = Outlet("neighbor", "203.0.113.9", 65010, (), True, "filters deny it", told=())
EVIDENCE = Evidence(
    PLAN,
    article.by_name(
        *(NodeObservation(s.node, "ipv4", 1.0, True, "", s.node_address, "", (), ()) for s in PLAN.sessions)
    ),
    {
        "rr1": article.router(
            at=1.0,
            node_routes=NodeRoutes(()),
            outlets=(OUTLET,),
            sessions=tuple(
                RouterSession("ipv4", s.node_address, 64512, "Established", 1, 60) for s in PLAN.sessions
            ),
        )
    },
    {"rr1": Push("rr1", "applied", "", ("router bgp 64512",), (), (), True)},
    1.0,
    cluster=CLUSTER,
    planned_on=CLUSTER,
    steering=article.steering(PLAN),
)

# What validate sees of two reflectors with everything that a check may look at.
WITH_RANGE = {
    host: article_details.router(host, ranges=("192.168.1.0/24",), outlets=(OUTLET,))
    for host in article_details.REFLECTORS
}
SEEN = article_details.evidence("rr1", "rr2", routers=WITH_RANGE, earlier=RunState())
SEEN = replace(SEEN, guards=(SeenGuard("a", False),))
SEEN = replace(
    SEEN,
    plan=replace(
        SEEN.plan, reflectors=tuple(replace(r, options=WITH_EACH_OTHER) for r in SEEN.plan.reflectors)
    ),
)


def asked() -> dict[str, set[str]]:
    """The ids that each gate gives."""
    looked_at: dict[str, tuple[Any, ...]] = {
        "preflight": (CLUSTER, WISH),
        "preflight_of_a_rollback": (CLUSTER, WISH),
        "approval": (PLAN, PLAN.identity, {}),
        "health": (SEEN,),
    }
    asked_of = replace(EVIDENCE, draining="rr2")
    found = {name: gates.judge(name, *looked_at.get(name, (asked_of,))) for name in gates.GATES}
    return {name: {f.check for f in findings} for name, findings in found.items()}


def test_the_documentation_says_which_checks_a_gate_asks() -> None:
    documented: dict[str, set[str]] = {}
    for name, _when, cell in (row for row in rows(CHECKS_TEXT, r"[a-z_]+") if len(row) == 3):
        ids: set[str] = set()
        for pattern in re.findall(r"`([^`]+)`", cell):
            family = pattern.removesuffix("*")
            if pattern in documented:
                ids |= documented[pattern]
            elif family != pattern:
                ids |= {check for check in DOCUMENTED if check.startswith(family)}
            else:
                ids.add(pattern)
        documented[name.replace("`", "")] = ids
    assert documented == asked()


RESULT_TEXT = (ROOT / "docs/result.md").read_text()


def fields(data: Any, path: str) -> Iterator[str]:
    """The paths of all values in the result, as the documentation writes them."""
    if isinstance(data, dict) and data:
        keyed = path in ("routers", "findings", "left_out")
        if path and path != "mesh":
            yield path
        for key, value in data.items():
            yield from fields(value, f"{path}.{'*' if keyed else key}".lstrip("."))
    elif isinstance(data, list) and data and isinstance(data[0], dict):
        if not path.endswith("*"):
            yield path
        for value in data:
            yield from fields(value, f"{path}[]")
    else:
        yield path


def test_every_field_of_the_result_is_documented() -> None:
    story = report.Story(
        playbook="cut",
        outcome="cut",
        message="",
        started=1.0,
        ended=2.0,
        check_mode=False,
        plan=PLAN,
        plan_path="plan.json",
        mesh_after=False,
        findings={"cut-gate": gates.judge("cut", EVIDENCE)},
        pushes=EVIDENCE.pushes,
        nodes=EVIDENCE.nodes,
        routers=EVIDENCE.routers,
        packets={"sent": 1, "lost": 0, "longest_run": 0},
    )
    there = set(fields(report.document(story), "")) - {
        "left_out.*",
        "routers.*",
        "findings.*[]",
        "sessions[]",
        "plan.objects[]",
    }
    table = RESULT_TEXT.partition("## ")[0]
    documented = {row[0].strip("`") for row in rows(table, r"[^`]+")}
    assert documented == there | {"left_out"}


def test_what_travels_further_is_documented() -> None:
    table = rows(RESULT_TEXT.partition("## What travels further")[2], r"\w+")
    documented = {name for row in table for name in re.findall(r"`(\w+)`", row[0])}
    nothing = report.Story("plan", "planned", "", 1.0, 2.0, False, None, "", None, {}, {}, {}, {}, None)
    assert documented == set(report.stats(nothing))


#: A run in each phase, with the mesh on and off before the cut.
STATES = [
    RunState(),
    RunState(mesh=True),
    RunState(mesh=False),
    RunState(cut_at=1.0),
    RunState(cut_at=1.0, mesh=False, watch_until=2.0),
    RunState(cut_at=1.0, mesh=False, watch_until=2.0, calm=True),
    RunState(cut_at=1.0, mesh=False, watch_until=2.0, calm=True, without="rr2"),
    RunState(cut_at=1.0, mesh=True, returned="a loss"),
]


def test_every_outcome_is_documented() -> None:
    text = "".join(path.read_text() for path in (ROOT / "playbooks").rglob("*.yml"))
    words = set(re.findall(r"bgp_validate_outcome: (\w+)", text))
    words |= {report.failed(state) for state in STATES}
    words |= {report.done(state, "", check_mode) for state in STATES for check_mode in (True, False)}
    tables = RESULT_TEXT.partition("## Outcomes of a run")[2]
    runs, _heading, pushes = tables.partition("## Outcomes of a push")
    assert {row[0].strip("`") for row in rows(runs, r"\w+")} == words
    places = ("plugins/action/ios_bgp_reflector.py", "plugins/plugin_utils/push.py")
    source = "".join((ROOT / place).read_text() for place in places)
    assert {row[0].strip("`") for row in rows(pushes.partition("## ")[0], r"\w+")} == set(
        re.findall(r'Outcome\(\s*"(\w+)"', source)
    )


STATE_TEXT = RESULT_TEXT.partition("## The state of a run")[2].partition("\n## ")[0]


def test_the_state_of_a_run_and_its_phases_are_documented() -> None:
    documented = {row[0].strip("`") for row in rows(STATE_TEXT, r"\w+")}
    assert documented == {field.name for field in fields_of(RunState)} | set(PHASES)


def test_every_gate_that_judges_what_was_seen_may_be_asked_for() -> None:
    elsewhere = {"preflight", "preflight_of_a_rollback", "approval"}
    assert set(documented_options("bgp_validate")["gate"]["choices"]) == set(gates.GATES) - elsewhere
    options = entry_points("bgp_validate")["main"]
    assert set(options["bgp_validate_gate"]["choices"]) == set(gates.GATES) - elsewhere - {"unchanged"}


@pytest.mark.parametrize("action", ["bird_info", "ios_bgp_info"])
def test_a_task_may_belong_to_every_phase(action: str) -> None:
    assert taken(action)["phases"]["choices"] == list(PHASES)
