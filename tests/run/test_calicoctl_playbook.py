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
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from lab.releases import ARCHITECTURES, VERSIONS, checksums
from tests.helpers.commands import call
from tests.helpers.labs import Lab, Run

pytestmark = pytest.mark.lab

ARTICLE, CLUSTER = VERSIONS
NODES = ("node-a", "node-b", "node-c")
BINARY = "/usr/local/bin/calicoctl"
FILES = (BINARY, "/etc/calico/calicoctl.cfg", "/etc/profile.d/calicoctl.sh")


def play(lab: Lab, *options: str, **variables: Any) -> Run:
    return lab.play("calicoctl", *options, **variables)


def on(lab: Lab, node: str, command: str) -> str:
    """What a shell command prints on a node."""
    variables = json.loads(lab.do("inventory", "--host", node))
    options = variables["ansible_ssh_common_args"].split()
    key = ["-i", variables["ansible_ssh_private_key_file"], "-oBatchMode=yes"]
    address = [f"-p{variables['ansible_port']}", "root@127.0.0.1", f"exec 2>&1; {command}"]
    return call(["ssh", *options, *key, *address], lab.environment).stdout


def digests(lab: Lab) -> list[str]:
    """The sha256 of each node's binary, "" for none."""
    return [on(lab, node, f"sha256sum < {BINARY} 2>/dev/null || true").split()[0] for node in NODES]


def release(lab: Lab, path: str) -> bytes:
    """A file of the lab's release tree."""
    with urllib.request.urlopen(f"{lab.facts()['releases']}/{path}") as answer:
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
def lab(lab: Lab) -> Lab:
    assert machine() in ARCHITECTURES
    return lab


def test_check_mode_says_what_it_would_do_and_does_nothing(lab: Lab) -> None:
    run = play(lab, "--check", "--diff", calicoctl_version=ARTICLE)
    assert run.status == 0, run.output
    assert '+  kubeconfig: "/etc/calico/kubeconfig"' in run.output
    assert "+export CALICOCTL_CFG_FILE=/etc/calico/calicoctl.cfg" in run.output
    # node-a is a control plane node, and has the folder already.
    assert run.changed == {"localhost": 0, "lab": 0, "node-a": 3, "node-b": 4, "node-c": 4}
    for node in NODES:
        assert on(lab, node, f"ls -d {' '.join(FILES)} 2>/dev/null") == "", node


def test_the_article_s_version_is_installed(lab: Lab) -> None:
    run = play(lab, calicoctl_version=ARTICLE.removeprefix("v"))
    assert run.status == 0, run.output
    assert "work on node-b" in run.text  # it has no kubeconfig
    assert "work on node-a" not in run.text
    assert digests(lab) == [hashlib.sha256(release(lab, f"{ARTICLE}/{ASSET}")).hexdigest()] * 3
    assert on(lab, "node-a", f"stat -c '%a %U' {' '.join(FILES)}").split() == [
        "755", "root", "644", "root", "644", "root",
    ]  # fmt: skip
    assert "node-to-node mesh" in on(lab, "node-b", "calicoctl node status")
    assert f"Client Version:    {ARTICLE}" in on(lab, "node-b", "calicoctl version")
    assert on(lab, "node-c", "bash -lc 'echo $CALICOCTL_CFG_FILE'").strip() == "/etc/calico/calicoctl.cfg"
    # Its version is not the cluster's: like calicoctl, it does not work on objects.
    assert "Version mismatch" in on(lab, "node-a", "calicoctl get bgppeers")


def test_no_kubeconfig_reaches_a_node(lab: Lab) -> None:
    tokens = [
        re.findall(r"token: (\S+)", Path(lab.facts()[f"{user}_kubeconfig"]).read_text())[0]
        for user in ("admin", "operator")
    ]
    for node, expected in (("node-a", [tokens[1]]), ("node-b", []), ("node-c", [])):
        held = on(lab, node, "cat /etc/calico/* /etc/profile.d/*; find /root /tmp -type f -exec cat {} +")
        assert [token for token in tokens if token in held] == expected, node


def test_what_cannot_be_verified_leaves_the_old_binary(lab: Lab) -> None:
    before = digests(lab)
    run = play(
        lab,
        calicoctl_version=each(CLUSTER, "v9.9.9", CLUSTER),
        calicoctl_checksum=each("0" * 64, "0" * 64, checksums()[CLUSTER.removeprefix("v")]),
        calicoctl_kubeconfig=each("", "", "/root/admin.conf"),
    )
    assert run.status != 0
    assert f"and calicoctl_checksum says {'0' * 64}" in run.text
    assert f"There is no {lab.facts()['releases']}/v9.9.9/{ASSET}" in run.text
    assert "calicoctl_kubeconfig names /root/admin.conf, and there is no such file" in run.text
    assert "Traceback" not in run.output
    assert digests(lab) == before


def test_upgrade_from_a_url_a_folder_and_a_file(lab: Lab) -> None:
    folder = lab.directory / "air-gap"
    folder.mkdir()
    for name in (ASSET, "SHA256SUMS"):
        (folder / name).write_bytes(release(lab, f"{CLUSTER}/{name}"))
    single = lab.directory / "calicoctl"
    single.write_bytes((folder / ASSET).read_bytes())
    sha256 = hashlib.sha256(single.read_bytes()).hexdigest()
    variables = {
        "calicoctl_source": each(lab.facts()["releases"], str(folder), str(single)),
        "calicoctl_checksum": each(sha256, "", sha256),
    }
    run = play(lab, **variables)
    assert run.status == 0, run.output
    assert digests(lab) == [sha256] * 3
    assert f"Cluster Version:   {CLUSTER}" in on(lab, "node-a", "calicoctl version")
    assert "default-ipv4-ippool" in on(lab, "node-a", "calicoctl get ippools")
    again = play(lab, **variables)
    assert set(again.changed.values()) == {0}, again.output


def test_removal_takes_what_the_role_put_there(lab: Lab) -> None:
    on(lab, "node-c", f"echo 'echo another' > {BINARY}")
    run = play(lab, calicoctl_state="absent")
    assert run.status == 0, run.output
    assert f"node-c: {BINARY} stays" in run.text
    for node, left in (("node-a", ["/etc/calico/kubeconfig"]), ("node-b", []), ("node-c", [BINARY])):
        found = on(lab, node, f"find /etc/calico {' '.join(FILES)} 2>/dev/null | sort").split()
        assert [path for path in found if path != "/etc/calico"] == left, node
        assert ("/etc/calico" in found) == (node == "node-a")
