# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for calicoctl prints what calicoctl prints, and the release tree is one as Calico's."""

from __future__ import annotations

import hashlib
import json
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from lab import calicoctl, releases

# BIRD's answer to `show protocols`, of a node with every kind of session.
PROTOCOLS = """\
name     proto    table    state  since       info
static1  Static   master   up     17:38:01
kernel1  Kernel   master   up     17:38:01
device1  Device   master   up     17:38:01
Mesh_172_31_40_217 BGP      master   up     17:38:47    Established
Mesh_172_31_40_30 BGP      master   up     17:40:09    Established   \n\
Node_192_0_2_1 BGP      master   start  16:41:42    Active        Socket: Connection refused
Global_192_0_2_9 BGP      master   down   04:11:02
"""
# Frame and titles as Calico's documentation shows them; the wrapped cell as users report it.
MESH = """\
+---------------+-------------------+-------+----------+-------------+
| PEER ADDRESS  |     PEER TYPE     | STATE |  SINCE   |    INFO     |
+---------------+-------------------+-------+----------+-------------+
| 172.31.40.217 | node-to-node mesh | up    | 17:38:47 | Established |
| 172.31.40.30  | node-to-node mesh | up    | 17:40:09 | Established |
+---------------+-------------------+-------+----------+-------------+"""
REFLECTOR = """\
+--------------+---------------+-------+----------+-------------+
| PEER ADDRESS |   PEER TYPE   | STATE |  SINCE   |    INFO     |
+--------------+---------------+-------+----------+-------------+
| 192.168.1.1  | node specific | up    | 21:52:57 | Established |
+--------------+---------------+-------+----------+-------------+"""
WRAPPED = """\
| 192.0.2.1    | node specific | start | 16:41:42 | Active Socket: Connection      |
|              |               |       |          | refused                        |"""


def test_the_table_of_a_node() -> None:
    rows = calicoctl.peers(PROTOCOLS.splitlines())
    assert [row[0] for row in rows] == ["172.31.40.217", "172.31.40.30", "192.0.2.1"]  # as calicoctl drops it
    assert calicoctl.table(rows[:2]) == MESH
    assert WRAPPED in calicoctl.table(rows[2:])
    reflector = calicoctl.peers(["Node_192_168_1_1 BGP      master   up     21:52:57    Established   "])
    assert calicoctl.table(reflector) == REFLECTOR


class Api:
    """A cluster of version v3.32.1 with one peer, by path."""

    def __init__(self) -> None:
        self.patched: list[tuple[str, Any]] = []

    def information(self) -> dict[str, Any]:
        return {"calicoVersion": "v3.32.1", "clusterType": "k8s,bgp,kdd"}

    def request(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        if method == "PATCH":
            self.patched.append((path, body))
            return {}
        spec = {"peerIP": "192.168.1.1", "asNumber": 64512}
        peer = {"kind": "BGPPeer", "metadata": {"name": "rr1"}, "spec": spec}
        return peer if path == "/bgppeers/rr1" else {"kind": "BGPPeerList", "items": [peer]}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    made = Api()
    monkeypatch.setattr(calicoctl, "connect", lambda _config: made)
    monkeypatch.setattr(calicoctl, "VERSION", "v3.32.1")
    return made


def test_objects_are_shown_and_patched(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    assert calicoctl.main(["get", "bgpPeers"]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "PEERIP", "NODE", "ASN"]
    assert row.split() == ["rr1", "192.168.1.1", "(global)", "64512"]
    assert calicoctl.main(["get", "bgppeer", "rr1", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["spec"]["asNumber"] == 64512
    patch = '{"spec": {"nodeToNodeMeshEnabled": false}}'
    assert calicoctl.main(["patch", "bgpconfiguration", "default", "-p", patch]) == 0
    assert capsys.readouterr().out == "Successfully patched 1 'BGPConfiguration' resource\n"
    assert api.patched == [("/bgpconfigurations/default", json.loads(patch))]
    assert calicoctl.main(["get", "workloadendpoint"]) == 1


def test_another_version_than_the_cluster_s_works_on_no_objects(
    api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calicoctl, "VERSION", "v3.32.0")
    assert calicoctl.main(["get", "bgppeer"]) == 1
    mismatch = (
        "Version mismatch.\nClient Version:   v3.32.0\nCluster Version:  3.32.1\n"
        "Use --allow-version-mismatch to override.\n"
    )
    assert capsys.readouterr().err == f"Failed to get resources: {mismatch}"
    assert calicoctl.main(["patch", "bgppeer", "rr1", "-p", "{}"]) == 1
    assert mismatch in capsys.readouterr().err
    assert calicoctl.main(["get", "bgppeer", "--allow-version-mismatch"]) == 0
    assert calicoctl.main(["version"]) == 0
    assert "Cluster Version:   v3.32.1\n" in capsys.readouterr().out
    monkeypatch.setattr(calicoctl, "VERSION", "v3.32.1-2-gabcdef")
    assert calicoctl.main(["get", "bgppeer"]) == 0


def test_the_program_runs_alone_and_knows_its_version(tmp_path: Path) -> None:
    program = tmp_path / "calicoctl"
    program.write_bytes(releases.stand_in("v3.27.0"))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    command = [sys.executable, "-I", str(program), "version", "-c", "/dev/null"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Client Version:    v3.27.0\n" in done.stdout
    assert (done.returncode, "names no kubeconfig" in done.stderr) == (1, True)
    assert subprocess.run([*command, "--client"], capture_output=True, check=False).returncode == 0


def test_the_tree_is_served_with_checksums_of_what_it_serves() -> None:
    server = releases.serve(releases.tree())
    try:
        for version in releases.VERSIONS:
            base = f"http://127.0.0.1:{server.server_port}/{version}/"
            sums = urllib.request.urlopen(base + "SHA256SUMS").read().decode()
            listed = {name: digest for digest, name in (line.split("  ") for line in sums.splitlines())}
            assert set(listed) == {f"calicoctl-linux-{each}" for each in releases.ARCHITECTURES}
            for name, digest in listed.items():
                content = urllib.request.urlopen(base + name).read()
                assert hashlib.sha256(content).hexdigest() == digest
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(base + "calicoctl-linux-riscv64")
    finally:
        server.shutdown()
        server.server_close()
