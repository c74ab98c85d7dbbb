# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook calicoctl against a lab: what a user finds on the nodes afterwards, and what is refused.

The tests build on each other in this order. Where one run is to show several things, each node has its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.programs import Missing, cache_directory, find
from lab.releases import ARCHITECTURES, VERSIONS

pytestmark = pytest.mark.lab

CHECKOUT = Path(__file__).resolve().parents[2]
ARTICLE, CLUSTER = VERSIONS
NODES = ("node-a", "node-b", "node-c")
BINARY = "/usr/local/bin/calicoctl"
FILES = (BINARY, "/etc/calico/calicoctl.cfg", "/etc/profile.d/calicoctl.sh")
Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One playbook run: exit status, everything printed, and changed= of each host."""

    status: int
    output: str

    @property
    def changed(self) -> dict[str, int]:
        recap = self.output.rpartition("PLAY RECAP")[2]
        return {
            name: int(count) for name, count in re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", recap, re.M)
        }

    @property
    def text(self) -> str:
        """The output with its wrapped lines joined."""
        return re.sub(r"\s+", " ", self.output)


class Lab:
    """A lab in `directory`, the playbook against it, and commands on its nodes."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.state = directory / "lab"
        self.environment = {
            **os.environ,
            "CALICO_BGP_LAB": str(self.state),
            "CALICO_BGP_LAB_OWNER": str(os.getpid()),
            "ANSIBLE_CONFIG": str(CHECKOUT / "ansible.cfg"),
            "ANSIBLE_HOME": str(cache_directory() / "ansible"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """One command in the checkout."""
        return subprocess.run(
            command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True, check=False
        )

    def facts(self) -> Json:
        """What the lab published."""
        return dict(json.loads((self.state / "lab.json").read_text()))

    def play(self, *options: str, **variables: Any) -> Run:
        """Run the playbook as a user would."""
        given = self.directory / "variables.json"
        given.write_text(json.dumps(variables))
        done = self.run("ansible-playbook", "playbooks/calicoctl.yml", "-e", f"@{given}", *options)
        return Run(done.returncode, done.stdout + done.stderr)

    def on(self, node: str, command: str) -> str:
        """What a shell command prints on a node."""
        variables = json.loads(self.run(sys.executable, "-m", "lab", "inventory", "--host", node).stdout)
        options = variables["ansible_ssh_common_args"].split()
        key = ["-i", variables["ansible_ssh_private_key_file"], "-oBatchMode=yes"]
        address = [f"-p{variables['ansible_port']}", "root@127.0.0.1", f"exec 2>&1; {command}"]
        return self.run("ssh", *options, *key, *address).stdout

    def digests(self) -> list[str]:
        """The sha256 of each node's binary, "" for none."""
        return [self.on(node, f"sha256sum < {BINARY} 2>/dev/null || true").split()[0] for node in NODES]

    def release(self, path: str) -> bytes:
        """A file of the lab's release tree."""
        with urllib.request.urlopen(f"{self.facts()['releases']}/{path}") as answer:
            return bytes(answer.read())


def each(*values: Any) -> str:
    """A variable with another value for every node; none elsewhere."""
    return "{{ " + json.dumps(dict(zip(NODES, values, strict=True))) + "[inventory_hostname] }}"


def machine() -> str:
    """This machine's architecture in Calico's words."""
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    return names.get(os.uname().machine, os.uname().machine)


ASSET = f"calicoctl-linux-{machine()}"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    try:
        find()
    except Missing as missing:
        pytest.skip(str(missing))
    assert machine() in ARCHITECTURES
    made = Lab(tmp_path_factory.mktemp("calicoctl"))
    up = made.run(sys.executable, "-m", "lab", "up")
    assert up.returncode == 0, up.stdout + up.stderr
    yield made
    made.run(sys.executable, "-m", "lab", "down")


def test_check_mode_says_what_it_would_do_and_does_nothing(lab: Lab) -> None:
    run = lab.play("--check", "--diff", calicoctl_version=ARTICLE)
    assert run.status == 0, run.output
    assert '+  kubeconfig: "/etc/calico/kubeconfig"' in run.output
    assert "+export CALICOCTL_CFG_FILE=/etc/calico/calicoctl.cfg" in run.output
    # node-a is a control plane node, and has the folder already.
    assert run.changed == {"localhost": 0, "lab": 0, "node-a": 3, "node-b": 4, "node-c": 4}
    for node in NODES:
        assert lab.on(node, f"ls -d {' '.join(FILES)} 2>/dev/null") == "", node


def test_the_article_s_version_is_installed(lab: Lab) -> None:
    run = lab.play(calicoctl_version=ARTICLE.removeprefix("v"))
    assert run.status == 0, run.output
    assert "work on node-b" in run.text  # it has no kubeconfig
    assert "work on node-a" not in run.text
    assert lab.digests() == [hashlib.sha256(lab.release(f"{ARTICLE}/{ASSET}")).hexdigest()] * 3
    assert lab.on("node-a", f"stat -c '%a %U' {' '.join(FILES)}").split() == [
        "755", "root", "644", "root", "644", "root",
    ]  # fmt: skip
    assert "node-to-node mesh" in lab.on("node-b", "calicoctl node status")
    assert f"Client Version:    {ARTICLE}" in lab.on("node-b", "calicoctl version")
    assert lab.on("node-c", "bash -lc 'echo $CALICOCTL_CFG_FILE'").strip() == "/etc/calico/calicoctl.cfg"
    # Its version is not the cluster's: like calicoctl, it does not work on objects.
    assert "Version mismatch" in lab.on("node-a", "calicoctl get bgppeers")


def test_no_kubeconfig_reaches_a_node(lab: Lab) -> None:
    tokens = [
        re.findall(r"token: (\S+)", Path(lab.facts()[f"{user}_kubeconfig"]).read_text())[0]
        for user in ("admin", "operator")
    ]
    for node, expected in (("node-a", [tokens[1]]), ("node-b", []), ("node-c", [])):
        held = lab.on(node, "cat /etc/calico/* /etc/profile.d/*; find /root /tmp -type f -exec cat {} +")
        assert [token for token in tokens if token in held] == expected, node


def test_what_cannot_be_verified_leaves_the_old_binary(lab: Lab) -> None:
    before = lab.digests()
    run = lab.play(
        calicoctl_version=each(CLUSTER, "v9.9.9", CLUSTER),
        calicoctl_checksum=each("0" * 64, "", ""),
        calicoctl_kubeconfig=each("", "", "/root/admin.conf"),
    )
    assert run.status != 0
    assert f"and calicoctl_checksum says {'0' * 64}" in run.text
    assert f"There is no {lab.facts()['releases']}/v9.9.9/SHA256SUMS" in run.text
    assert "calicoctl_kubeconfig names /root/admin.conf, and there is no such file" in run.text
    assert "Traceback" not in run.output
    assert lab.digests() == before


def test_upgrade_from_a_url_a_folder_and_a_file(lab: Lab) -> None:
    folder = lab.directory / "air-gap"
    folder.mkdir()
    for name in (ASSET, "SHA256SUMS"):
        (folder / name).write_bytes(lab.release(f"{CLUSTER}/{name}"))
    single = lab.directory / "calicoctl"
    single.write_bytes((folder / ASSET).read_bytes())
    sha256 = hashlib.sha256(single.read_bytes()).hexdigest()
    variables = {
        "calicoctl_source": each(lab.facts()["releases"], str(folder), str(single)),
        "calicoctl_checksum": each("", "", sha256),
    }
    run = lab.play(**variables)
    assert run.status == 0, run.output
    assert lab.digests() == [sha256] * 3
    assert f"Cluster Version:   {CLUSTER}" in lab.on("node-a", "calicoctl version")
    assert "default-ipv4-ippool" in lab.on("node-a", "calicoctl get ippools")
    again = lab.play(**variables)
    assert set(again.changed.values()) == {0}, again.output


def test_removal_takes_what_the_role_put_there(lab: Lab) -> None:
    lab.on("node-c", f"echo 'echo another' > {BINARY}")
    run = lab.play(calicoctl_state="absent")
    assert run.status == 0, run.output
    assert f"node-c: {BINARY} stays" in run.text
    for node, left in (("node-a", ["/etc/calico/kubeconfig"]), ("node-b", []), ("node-c", [BINARY])):
        found = lab.on(node, f"find /etc/calico {' '.join(FILES)} 2>/dev/null | sort").split()
        assert [path for path in found if path != "/etc/calico"] == left, node
        assert ("/etc/calico" in found) == (node == "node-a")
