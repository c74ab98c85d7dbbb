# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The job templates and the workflow for AWX on a lab, run by ansible-runner as AWX does.

The tests build on each other in this order: the cluster goes to the reflector by the workflow, and back.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import kubernetes.config
import pytest
import yaml
from kubernetes import client

from tests.helpers.commands import BIN, CHECKOUT, call, succeed
from tests.helpers.labs import Lab
from tests.helpers.results import read_result

pytestmark = pytest.mark.lab

#: Where the checkout is linked for developers; AWX has no such link.
LINKED = Path(sysconfig.get_paths()["purelib"]) / "ansible_collections/telco"
NOT_IN_GIT = shutil.ignore_patterns(".*", "__pycache__", "calico-bgp-runs")
JINJA = "{{ 1 + 1 }}"
#: The key of a stranger.
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPzQ5bP4Zf1nMDlqA0rC4iXnJ2x0nq7l6t3rV8s0m9kQ"


class Text(str):
    """A text that AWX marks, so that Ansible does not take it for a template."""


class Dumper(yaml.SafeDumper):
    """YAML as AWX writes extra vars."""


Dumper.add_representer(Text, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


class Loader(yaml.SafeLoader):
    """YAML with Ansible's tag for texts that are no templates."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))  # type: ignore[arg-type]
OBJECTS: dict[str, Any] = yaml.load((CHECKOUT / "playbooks/vars/awx.yml").read_text(), Loader)
TEMPLATES = {template["name"]: template for template in OBJECTS["calico_awx_job_templates"]}
NODES = {node["identifier"]: node for node in OBJECTS["calico_awx_workflow"]["nodes"]}
#: A survey's times where nobody gives any.
UNANSWERED = {"calico_bgp_timeout": "", "calico_bgp_soak": ""}
#: The way of a workflow whose peers fail, where everything is approved.
PEERS_FAIL = [
    ("plan", "successful"),
    ("approve-peers", "successful"),
    ("peers", "failed"),
    ("approve-rollback", "successful"),
    ("rollback", "successful"),
    ("migration-failed", "failed"),
]


def marked(value: Any) -> Any:
    """The same data with all texts marked."""
    if isinstance(value, dict):
        return {key: marked(each) for key, each in value.items()}
    if isinstance(value, list):
        return [marked(each) for each in value]
    return Text(value) if isinstance(value, str) else value


def defaults(survey: list[dict[str, Any]]) -> dict[str, Any]:
    """What a survey answers where nobody does."""
    return {q["variable"]: q["default"] for q in survey if q["default"] != ""}


@dataclass(frozen=True)
class Job:
    """A job that ended: AWX's status, its artifacts and events."""

    status: str
    artifacts: dict[str, Any]
    events: list[dict[str, Any]]

    @property
    def result(self) -> dict[str, Any]:
        """What the playbook published about itself."""
        return dict(self.artifacts["calico_bgp_result"])

    @property
    def output(self) -> str:
        """Everything printed."""
        return "".join(event["stdout"] + "\n" for event in self.events)

    @property
    def changed(self) -> dict[str, int]:
        """Changes by host."""
        return dict(self.events[-1]["event_data"]["changed"])


class Awx:
    """What AWX does around a job: the project, its collections, the inventory, credentials and variables."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.directory = lab, lab.directory
        self.collections = self.directory / "requirements_collections"
        self.vendored = self.directory / "usr_share_ansible_collections"
        self.etc_ssh = self.directory / "etc_ssh"
        self.etc_ssh.mkdir()
        self.number = 0
        shutil.copytree(CHECKOUT, self.directory / "project", symlinks=True, ignore=NOT_IN_GIT)

    def alone(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command where the developers' link is not there, with AWX's environment.

        What is in `etc_ssh` is /etc/ssh of the execution environment.
        """
        hidden = 'mount -t tmpfs none "$0" && ' if LINKED.exists() else ""
        hidden += f'mount --bind {self.etc_ssh} /etc/ssh && exec "$@"'
        ours = ("ANSIBLE_", "PYTHONPATH")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        environment = {
            **kept,
            "ANSIBLE_COLLECTIONS_PATH": f"{self.collections}:{self.vendored}",
            "ANSIBLE_FORCE_COLOR": "True",
            "ANSIBLE_HOME": str(self.directory / "ansible"),
            "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "JOB_ID": str(self.number),
            "MAX_EVENT_RES": "700000",
            "PATH": f"{BIN}:{os.environ['PATH']}",
        }
        own = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", hidden, str(LINKED)]
        return call([*own, *command], environment, self.directory / "project")

    def update_project(self) -> str:
        """What AWX does after it has fetched the project."""
        done = self.alone(
            "ansible-galaxy", "collection", "install", "-r", "collections/requirements.yml",
            "-p", str(self.collections), "--offline",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def update_inventory(self) -> None:
        """The lab's inventory as the script that AWX generates; the kubeconfig comes from a credential."""
        data = json.loads(self.lab.do("inventory", "--list"))
        for number, host in enumerate(data["_meta"]["hostvars"].values()):
            host.update(remote_tower_enabled="true", remote_tower_id=number)
        self.kubeconfig = Path(data["_meta"]["hostvars"]["lab"].pop("calico_plan_kubeconfig"))
        self.generate("inventory", data)
        alone, variables = OBJECTS["calico_awx_alone"], OBJECTS["calico_awx_mesh_on_variables"]
        self.generate(
            "alone",
            {
                alone["group"]: {"hosts": [alone["host"]]},
                "_meta": {"hostvars": {alone["host"]: {"remote_tower_enabled": "true", **variables}}},
            },
        )

    def generate(self, folder: str, data: dict[str, Any]) -> None:
        """An inventory as AWX gives it to a job."""
        script = self.directory / folder / "hosts"
        script.parent.mkdir()
        script.write_text(f"#!{sys.executable}\nprint({json.dumps(data)!r})\n")
        script.chmod(0o700)

    def credential(self) -> dict[str, str]:
        """The variables of the kubeconfig's credential, whose file is there for the time of a job."""
        kind = OBJECTS["calico_awx_credential_types"][0]["injectors"]
        file = self.directory / "env/kubeconfig"
        content = jinja2.Template(kind["file"]["template.kubeconfig"]).render(
            kubeconfig=self.kubeconfig.read_text()
        )
        file.write_text(content + "\n")
        names = {"filename": {"kubeconfig": str(file)}}
        return {k: jinja2.Template(text).render(tower=names) for k, text in kind["extra_vars"].items()}

    def launch(self, name: str, *options: str, **variables: Any) -> Job:
        """Run a job template. Variables are answers of its survey, or what a workflow hands on."""
        self.number += 1
        template = TEMPLATES[name]
        meta = {
            "job_id": self.number,
            "job_template_name": name,
            "user_name": JINJA,
            "job_launch_type": "manual",
        }
        (self.directory / "env").mkdir(exist_ok=True)
        given = {
            **{f"{prefix}_{key}": value for prefix in ("awx", "tower") for key, value in meta.items()},
            **defaults(template.get("survey", [])),
            **variables,
            **self.credential(),
        }
        (self.directory / "env/extravars").write_text(yaml.dump(marked(given), Dumper=Dumper))
        line = " ".join(["-u root", f"--forks={OBJECTS['calico_awx_forks']}", *options])
        hosts = str(self.directory / ("alone" if template.get("alone") else "inventory") / "hosts")
        done = self.alone(
            "ansible-runner", "run", str(self.directory), "-p", template["playbook"], "--inventory", hosts,
            "--ident", str(self.number), "--cmdline", line,
        )  # fmt: skip
        folder = self.directory / "artifacts" / str(self.number)
        assert (folder / "status").exists(), done.stdout + done.stderr
        events = [json.loads(path.read_text()) for path in (folder / "job_events").glob("*.json")]
        events.sort(key=lambda event: event["counter"])
        return Job((folder / "status").read_text(), events[-1]["event_data"].get("artifact_data", {}), events)


@dataclass
class Workflow:
    """The workflow's graph played as AWX does: artifacts go on, and its own variables win over them."""

    awx: Awx
    variables: Mapping[str, Any]
    approve: Callable[[str], bool]
    done: list[tuple[str, str]] = field(default_factory=list)
    jobs: dict[str, Job] = field(default_factory=dict)

    @property
    def last(self) -> Job:
        """The job that ended last."""
        return list(self.jobs.values())[-1]

    def play(self, identifier: str = "plan", artifacts: Mapping[str, Any] | None = None) -> None:
        """Run a node and those that follow from how it ended."""
        node, handed = NODES[identifier], dict(artifacts or {})
        if "approval" in node:
            successful = self.approve(identifier)
        else:
            job = self.awx.launch(node["job_template"], **{**handed, **self.variables})
            self.jobs[identifier], successful = job, job.status == "successful"
            handed.update(job.artifacts)
        self.done.append((identifier, "successful" if successful else "failed"))
        for following in node.get("success" if successful else "failure", []):
            self.play(following, handed)

    @property
    def status(self) -> str:
        """AWX: main/scheduler/dag_workflow.py. A failed node is forgiven where another one takes over."""
        left = [name for name, how in self.done if how == "failed" and "failure" not in NODES[name]]
        return "failed" if left else "successful"


@pytest.fixture(scope="module")
def awx(lab: Lab) -> Awx:
    made = Awx(lab)
    made.update_inventory()
    return made


def test_without_galaxy_the_environment_brings_the_collection(awx: Awx) -> None:
    """An organization without a Galaxy credential: AWX fetches nothing when it updates the project."""
    succeed(
        ["ansible-galaxy", "collection", "build", "--output-path", str(awx.directory)],
        {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        awx.directory / "project",
    )
    image = yaml.safe_load((CHECKOUT / "execution-environment.yml").read_text())
    (wanted,) = [c for c in image["dependencies"]["galaxy"]["collections"] if c.get("type") == "file"]
    archive = awx.directory / Path(wanted["name"]).name
    installed = awx.alone(
        "ansible-galaxy", "collection", "install", str(archive), "-p", str(awx.vendored), "--offline"
    )  # fmt: skip
    assert installed.returncode == 0, installed.stdout + installed.stderr
    plan = awx.launch("plan")
    assert plan.result["outcome"] == "planned", plan.output
    paths = {event["event_data"].get("task_path", "") for event in plan.events}
    assert any(path.startswith(str(awx.vendored)) for path in paths)
    shutil.rmtree(awx.vendored)


def test_the_project_brings_its_own_collection(awx: Awx) -> None:
    said = awx.update_project()
    assert "telco.calico_bgp:0.1.0 was installed successfully" in said
    assert said.count("is already installed, skipping") >= 3


def test_the_times_of_a_survey_are_numbers_and_an_answer_is_no_template(awx: Awx) -> None:
    job = awx.launch("plan", calico_bgp_timeout=JINJA)
    assert (job.status, job.result["outcome"]) == ("failed", "refused")
    assert f"calico_bgp_timeout is {JINJA}; give seconds as a number" in job.result["message"]


def test_a_place_that_cannot_be_written_is_said_and_published(awx: Awx) -> None:
    job = awx.launch("plan", calico_plan_run_directory="/proc/calico-bgp-runs")
    assert (job.status, job.result["outcome"]) == ("failed", "refused")
    assert "give calico_plan_run_directory a folder that can be written" in job.result["message"]


def test_nothing_follows_an_approval_that_is_denied(awx: Awx) -> None:
    workflow = Workflow(awx, UNANSWERED, lambda _approval: False)
    workflow.play()
    assert workflow.done == [("plan", "successful"), ("approve-peers", "failed")]
    assert workflow.status == "failed"
    plan = workflow.jobs["plan"]
    assert plan.changed == {"rr1": 1}, "as in validate: what peers would change there"
    assert (plan.result["outcome"], plan.result["mesh"]) == ("planned", True)
    assert plan.artifacts["calico_bgp_approved_plan"] == plan.result["plan"]
    paths = {event["event_data"].get("task_path", "") for event in plan.events}
    roles = [path for path in paths if "/roles/" in path]
    assert len(roles) > 5
    assert all(path.startswith(f"{awx.collections}/ansible_collections/telco/") for path in roles)


def test_who_approves_sees_what_will_be_sent(awx: Awx) -> None:
    plan = awx.launch("plan")
    output = re.sub(r"\x1b\[[0-9;]*m", "", plan.output)
    told = output[output.index(f"plan: {plan.artifacts['calico_bgp_approved_plan']}") :]
    assert "object: BGPFilter peer-to-external-rr: " in told
    assert "object: BGPPeer peer-to-external-rr: " in told
    assert "prefix: 10.244.0.0/16, lengths 26 to 32" in told
    assert "router rr1: to be configured, beside what is there now:\n    ip prefix-list CALICO" in told
    for number, node in enumerate("abc"):
        assert f"    neighbor 192.168.1.1{number} description calico_bgp lab/node-{node}\n" in told
    now = "now 3 of the mesh and 0 with route reflectors"
    assert f"sessions: {now}; after peers 3 and 3; after the cut 0 and 3" in told
    assert "resets: none but those of the mesh, with the cut" in told
    assert "way back: The mesh on, now: Start the job template calico-bgp mesh on." in told
    kept = plan.artifacts["calico_bgp_change_document"]
    assert kept.startswith("# Change of cluster lab\n")
    assert plan.result["plan"] in kept
    assert "ip prefix-list CALICO" in kept
    assert "--kubeconfig" not in kept, "that of the job is gone after it"
    assert awx.lab.sessions() == {"mesh": 6, "reflector": 0}


def test_host_keys_are_checked_where_the_inventory_says_so(awx: Awx) -> None:
    """AWX turns the check off by the environment, which a variable of the inventory outranks."""
    port = awx.lab.facts()["ports"]["rr1"]
    known = awx.etc_ssh / "ssh_known_hosts"
    scanned = subprocess.run(
        ["ssh-keyscan", "-p", str(port), "127.0.0.1"], capture_output=True, text=True, check=True
    ).stdout
    known.write_text(scanned)
    right = awx.launch("plan", ansible_host_key_checking=True)
    assert "router rr1: to be configured" in right.output
    known.write_text(re.sub(r"(\S+) (\S+) \S+", rf"\1 {OTHER_KEY}", scanned))
    wrong = awx.launch("plan", ansible_host_key_checking=True)
    assert re.search(r"router rr1: not compared: nothing was sent: The \S+ key fingerprint is", wrong.output)
    assert wrong.status == "successful"
    known.unlink()


def test_evidence_stays_where_a_folder_does_and_no_other_file_is_named(awx: Awx) -> None:
    """A folder of the host, as AWX exposes it to a job, outlives the job; the project's does not."""
    gone = awx.launch("plan")
    assert "result: " not in gone.output
    kept = awx.lab.directory / "kept"
    plan = awx.launch("plan", calico_plan_run_directory=str(kept))
    (result,) = kept.glob("lab/*/result.json")
    assert f"result: {result}" in plan.output
    assert read_result(result)["plan"]["sha256"] == plan.result["plan"]


def test_the_workflow_goes_from_the_mesh_to_the_reflector(awx: Awx) -> None:
    asked: list[str] = []

    def approve(approval: str) -> bool:
        asked.append(approval)
        return True

    workflow = Workflow(awx, {"calico_bgp_soak": 3}, approve)
    workflow.play()
    order = ["plan", "approve-peers", "peers", "validate", "approve-cut", "cut"]
    assert workflow.done == [(name, "successful") for name in order], workflow.last.output
    assert workflow.status == "successful"
    assert asked == ["approve-peers", "approve-cut"]
    outcomes = {name: job.result["outcome"] for name, job in workflow.jobs.items()}
    assert outcomes == {"plan": "planned", "peers": "peered", "validate": "valid", "cut": "cut"}
    approved = workflow.jobs["plan"].artifacts["calico_bgp_approved_plan"]
    assert {job.result["plan"] for job in workflow.jobs.values()} == {approved}
    assert {name: sorted(job.artifacts) for name, job in workflow.jobs.items()} == {
        "plan": [
            "calico_bgp_approved_parts",
            "calico_bgp_approved_plan",
            "calico_bgp_change_document",
            "calico_bgp_result",
            "calico_bgp_way_back",
        ],
        "peers": ["calico_bgp_result", "calico_bgp_way_back"],
        "validate": ["calico_bgp_result"],
        "cut": ["calico_bgp_result"],
    }
    assert workflow.jobs["validate"].result["failed"] == 0
    cut = workflow.jobs["cut"].result
    assert (cut["mesh"], cut["sessions"], cut["established"], cut["failed"]) == (False, 3, 3, 0)
    assert awx.lab.sessions() == {"mesh": 0, "reflector": 3}


def test_a_second_run_finds_nothing_to_do(awx: Awx) -> None:
    again = awx.launch("site", **UNANSWERED)
    assert (again.status, again.result["outcome"]) == ("successful", "adopted"), again.output
    assert (again.result["mesh"], again.result["established"]) == (False, 3)
    assert set(again.changed.values()) <= {0}, again.output


def test_the_workflow_does_not_roll_back_what_was_cut_before_it_began(awx: Awx) -> None:
    awx.lab.do("fault", "ssh-dead", "node-c")
    workflow = Workflow(awx, {"calico_bgp_timeout": 5}, lambda _approval: True)
    workflow.play()
    awx.lab.do("fault", "clear")
    assert (workflow.done, workflow.status) == (PEERS_FAIL, "failed"), workflow.last.output
    peers, back = workflow.jobs["peers"], workflow.jobs["rollback"]
    assert (peers.result["outcome"], peers.result["mesh"]) == ("gate_shut", False), peers.output
    assert (back.result["outcome"], back.result["mesh"]) == ("nothing_to_roll_back", False)
    assert set(back.changed.values()) <= {0}
    assert awx.lab.sessions() == {"mesh": 0, "reflector": 3}


def test_mesh_on_works_and_says_so_whatever_becomes_of_its_report(awx: Awx) -> None:
    job = awx.launch("mesh on", bgp_validate_table="perhaps")
    assert job.status == "successful", job.output
    assert sum(job.changed.values()) == 1
    assert "could not be turned on" not in job.output
    again = awx.launch("mesh on")
    assert (again.status, again.result["outcome"], again.result["mesh"]) == ("successful", "mesh_on", True)


def test_another_plan_than_the_approved_one_is_refused_and_nothing_is_rolled_back(awx: Awx) -> None:
    """Somebody adds a pool between the approval and the step."""

    def approve(approval: str) -> bool:
        if approval == "approve-peers":
            add_pool(awx)
        return True

    workflow = Workflow(awx, {}, approve)
    workflow.play()
    assert (workflow.done, workflow.status) == (PEERS_FAIL, "failed"), workflow.last.output
    peers, approved = workflow.jobs["peers"], workflow.jobs["plan"].result["plan"]
    assert peers.result["outcome"] == "refused"
    found = f"expected the approved plan {approved[:12]}, found plan {peers.result['plan'][:12]}"
    assert found in peers.result["message"]
    assert "which differs in lines, objects, prefixes. See what changed" in peers.result["message"]
    assert workflow.jobs["rollback"].result["outcome"] == "nothing_to_roll_back"
    for name in ("peers", "rollback"):
        assert set(workflow.jobs[name].changed.values()) <= {0}
    assert awx.lab.sessions() == {"mesh": 6, "reflector": 3}


def test_the_workflow_goes_back_where_the_gate_stays_shut_and_somebody_says_so(awx: Awx) -> None:
    awx.lab.do("fault", "refuse-bgp", "rr1", "node-c")
    workflow = Workflow(awx, {"calico_bgp_timeout": 5}, lambda _approval: True)
    workflow.play()
    awx.lab.do("fault", "clear")
    assert (workflow.done, workflow.status) == (PEERS_FAIL, "failed"), workflow.last.output
    assert workflow.jobs["peers"].result["outcome"] == "gate_shut"
    back = workflow.jobs["rollback"].result
    assert (back["outcome"], back["mesh"]) == ("rolled_back", True)
    assert awx.lab.sessions() == {"mesh": 6, "reflector": 0}


def add_pool(awx: Awx) -> None:
    """A second IPPool in the cluster."""
    config = awx.lab.facts()["admin_kubeconfig"]
    pool = {
        "apiVersion": "projectcalico.org/v3",
        "kind": "IPPool",
        "metadata": {"name": "another"},
        "spec": {"cidr": "10.245.0.0/16", "blockSize": 26, "ipipMode": "Never", "vxlanMode": "Never"},
    }
    connection = kubernetes.config.new_client_from_config(config)  # type: ignore[no-untyped-call]
    api = client.CustomObjectsApi(connection)
    api.create_cluster_custom_object("projectcalico.org", "v3", "ippools", pool)
