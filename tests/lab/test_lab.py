# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab itself, end to end: what comes up, what it does when something breaks, and that nothing stays."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.ios.config import SHORT_HOLD
from lab.programs import find
from tests.helpers.commands import CHECKOUT
from tests.helpers.kube import CALICO
from tests.helpers.labs import Lab
from tests.helpers.waiting import wait

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("programs")]

RR = "192.168.1.1"
BIRD = "/var/run/calico/bird.ctl"
NODES = ("192.168.1.10", "192.168.1.11", "192.168.1.12")
PEER = {"peerIP": RR, "asNumber": 64512}
# What the push writes, by hand; short timers so that silence is noticed within a test.
ROUTER = f"""\
router bgp 64512
 bgp cluster-id 1
 bgp graceful-restart
 neighbor CALICO peer-group
 neighbor CALICO remote-as 64512
 neighbor CALICO timers 1 3
 address-family ipv4
  neighbor CALICO route-reflector-client
 exit-address-family
{"".join(f" neighbor {node} peer-group CALICO{chr(10)}" for node in NODES)} address-family ipv4
{"".join(f"  neighbor {node} activate{chr(10)}" for node in NODES)} exit-address-family"""


@pytest.fixture(scope="module")
def peered(lab: Lab) -> Lab:
    """The same lab after both sides were configured; mesh on."""
    printed = lab.router("configure terminal", *ROUTER.splitlines(), "end", "write memory")
    assert "%" not in printed.replace(SHORT_HOLD.strip(), ""), printed
    lab.api.create("BGPConfiguration", "default", {"nodeToNodeMeshEnabled": True, "asNumber": 64512})
    lab.api.create("BGPPeer", "peer-to-external-rr", PEER)
    lab.wait_sessions(3)
    return lab


@pytest.fixture
def healthy(peered: Lab) -> Iterator[Lab]:
    """The peered lab with every session up; whatever the test breaks is healed after it."""
    peered.wait_sessions(3)
    yield peered
    peered.do("fault", "clear")
    peered.api.set_mesh(True)


NODE_NAMES = ("node-a", "node-b", "node-c")


def test_mesh_is_established_on_every_node(lab: Lab) -> None:
    assert lab.established()["node-a"] == {"Mesh_192_168_1_11", "Mesh_192_168_1_12"}
    assert lab.established()["node-b"] == {"Mesh_192_168_1_10", "Mesh_192_168_1_12"}
    assert lab.established()["node-c"] == {"Mesh_192_168_1_10", "Mesh_192_168_1_11"}


def test_kernels_hold_blocks_and_the_borrowed_address(lab: Lab) -> None:
    routes = lab.ssh("node-a", "ip route").stdout.decode()
    assert "default via 192.168.1.1 dev eth0" in routes
    assert "10.244.10.2 via 192.168.1.11 dev eth0 proto bird" in routes
    assert "10.244.11.0/26 via 192.168.1.11 dev eth0 proto bird" in routes
    assert "10.244.12.0/26 via 192.168.1.12 dev eth0 proto bird" in routes


def test_second_up_says_that_one_is_up(lab: Lab) -> None:
    done = lab.attempt("up")
    assert done.returncode == 1
    assert f"A lab is up in {lab.state} already" in done.stderr


def test_inventory(lab: Lab) -> None:
    whole = json.loads(lab.do("inventory"))
    assert whole["calico_clusters"]["hosts"] == ["lab"]
    assert whole["route_reflectors"]["hosts"] == ["rr1"]
    assert whole["calico_nodes"]["hosts"] == list(NODE_NAMES)
    cluster = json.loads(lab.do("inventory", "--host", "lab"))
    assert Path(cluster["calico_plan_kubeconfig"]).is_file()
    router = json.loads(lab.do("inventory", "--host", "rr1"))
    assert (router["cisco_rr_address"], router["cisco_rr_cluster_id"]) == (RR, 1)
    key = Path(whole["calico_nodes"]["vars"]["ansible_ssh_private_key_file"])
    assert key.stat().st_mode & 0o777 == 0o600


def test_inventory_script_works_from_anywhere(lab: Lab, tmp_path: Path) -> None:
    script = CHECKOUT / "inventories" / "lab" / "lab.sh"
    environment = {**os.environ, "CALICO_BGP_LAB": str(lab.state)}
    done = subprocess.run([script, "--list"], cwd=tmp_path, env=environment, capture_output=True, check=True)
    assert json.loads(done.stdout)["calico_nodes"]["hosts"] == list(NODE_NAMES)


def test_ssh_keeps_streams_apart_and_bytes_whole(lab: Lab) -> None:
    data = os.urandom(300_000)
    done = lab.ssh("node-b", "hostname >&2; pwd >&2; cat; exit 7", data)
    assert done.returncode == 7
    assert done.stdout == data
    assert done.stderr == b"node-b\n/root\n"


def test_bird_answers_at_calicos_socket(lab: Lab) -> None:
    reader = (
        f"import socket; s = socket.socket(socket.AF_UNIX); s.connect('{BIRD}'); print(s.recv(99).decode())"
    )
    assert lab.ssh("node-c", f'/usr/bin/python3 -c "{reader}"').stdout.startswith(b"0001 BIRD 1.6.8 ready.")


def test_node_keeps_its_files_to_itself(lab: Lab) -> None:
    for file in ("/root/lab-test", "/tmp/lab-test", "/etc/lab-test", "/usr/local/bin/lab-test"):
        assert lab.ssh("node-a", f"touch {file}").returncode == 0
        assert not os.path.exists(file)
        assert lab.ssh("node-b", f"ls {file}").returncode != 0


def test_command_ends_with_its_connection(lab: Lab) -> None:
    ssh, *way = lab.ssh_line("node-a")
    client = subprocess.Popen([ssh, "-oControlPath=none", *way, "sleep 4321"], stdin=subprocess.PIPE)
    lab.wait(lambda: lab.ssh("node-a", "pgrep -f '^sleep 4321'").returncode == 0)
    client.kill()
    client.wait()
    lab.wait(lambda: lab.ssh("node-a", "pgrep -f '^sleep 4321'").returncode != 0)


def test_unknown_field_is_refused_and_the_old_configuration_stays(peered: Lab) -> None:
    before = (peered.state / "nodes" / "node-a" / "bird.cfg").read_text()
    peered.api.create("BGPPeer", "guarded", {"peerIP": "192.168.1.2", "asNumber": 64512, "ttlSecurity": 1})
    sentence = "BGPPeer guarded: field ttlSecurity is not known to the lab."
    peered.wait(lambda: all(node["refusal"] == sentence for node in peered.status()["nodes"].values()))
    assert sentence in peered.do("status")
    assert sentence in (peered.state / "lab.log").read_text()
    assert (peered.state / "nodes" / "node-a" / "bird.cfg").read_text() == before
    peered.api.request("DELETE", f"{CALICO}/bgppeers/guarded")
    peered.wait(lambda: all(node["refusal"] == "" for node in peered.status()["nodes"].values()))


def test_router_announces_what_ios_announces(healthy: Lab) -> None:
    reader = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect('{BIRD}'); f = s.makefile('rw'); "
    reader += "f.write('show protocols all Global_192_168_1_1\\n'); f.flush(); "
    reader += "[print(line, end='') for line in iter(f.readline, '0000 \\n')]"
    printed = healthy.ssh("node-a", f'/usr/bin/python3 -c "{reader}"').stdout.decode()
    capabilities = next(line for line in printed.splitlines() if "Neighbor caps:" in line)
    assert "restart-able" in capabilities
    assert "llgr" not in capabilities


def test_mesh_off_with_peers_loses_next_to_nothing(healthy: Lab) -> None:
    healthy.do("probe", "start")
    time.sleep(1)
    healthy.api.set_mesh(False)
    healthy.wait_sessions(1)
    time.sleep(1.2)
    live = json.loads((healthy.state / "probe.json").read_text())
    report = json.loads(healthy.do("probe", "stop", "--json"))
    assert live["running"] is True
    assert report["running"] is False
    assert len(report["pairs"]) == 12
    assert min(pair["sent"] for pair in report["pairs"]) > 1000
    # The kernel swaps a route by delete and add.
    assert report["longest_run"] < 50


def test_mesh_off_without_the_router_is_dark_and_the_probe_sees_it(healthy: Lab) -> None:
    healthy.do("fault", "cut", "rr1", "--when", "mesh-off")
    assert "(armed for mesh-off)" in healthy.do("fault", "list")
    healthy.do("probe", "start")
    assert len(healthy.established()["node-a"]) == 3
    healthy.api.set_mesh(False)
    healthy.wait(lambda: not healthy.established()["node-a"])
    assert "(active)" in healthy.do("fault", "list")
    time.sleep(0.5)
    report = json.loads(healthy.do("probe", "stop", "--json"))
    assert report["longest_run"] > 300


def test_killed_bird_stays_dead_until_healed(healthy: Lab) -> None:
    healthy.do("fault", "kill-bird", "node-c")
    assert healthy.status()["nodes"]["node-c"]["bird"] is False
    assert "10.244.10.0/26 via 192.168.1.10" in healthy.ssh("node-c", "ip route").stdout.decode()


def test_dead_ssh_refuses_and_comes_back(healthy: Lab) -> None:
    port = healthy.facts()["ports"]["node-a"]
    healthy.do("fault", "ssh-dead", "node-a")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    healthy.do("fault", "clear")
    socket.create_connection(("127.0.0.1", port)).close()


def test_router_refuses_lines_that_match(healthy: Lab) -> None:
    healthy.do("fault", "refuse-line", "rr1", r"neighbor \S+ shutdown")
    printed = healthy.router("configure terminal", "router bgp 64512", f"neighbor {NODES[0]} shutdown", "end")
    assert "% Invalid input detected" in printed
    assert "Global_192_168_1_1" in healthy.established()["node-a"]


def test_router_is_unpleasant_on_request(healthy: Lab) -> None:
    healthy.do("fault", "refuse-nth", "rr1", "2")
    healthy.do("fault", "save-busy", "rr1")
    healthy.do("fault", "log-messages", "rr1", "answer:1")
    lines = ("router bgp 64512", f"neighbor {NODES[0]} shutdown", f"neighbor {NODES[0]} description there")
    printed = healthy.router("configure terminal", *lines, "end", "write memory", "show running-config")
    assert printed.count("% Invalid input detected") == 1
    assert f"neighbor {NODES[0]} description there" in printed.rpartition("show running-config")[2]
    assert f"neighbor {NODES[0]} shutdown" not in printed.rpartition("show running-config")[2]
    assert "startup-config file open failed" in printed
    assert "%BGP-5-ADJCHANGE: neighbor 192.0.2.5 Up" in printed
    healthy.do("fault", "clear")
    printed = healthy.router("write memory", "show startup-config")
    assert "[OK]" in printed
    assert f"neighbor {NODES[0]} description there" in printed
    assert "ADJCHANGE" not in printed


def test_refused_port_hits_one_node(healthy: Lab) -> None:
    healthy.do("fault", "refuse-bgp", "rr1", "node-b")
    healthy.wait(lambda: "Global_192_168_1_1" not in healthy.established()["node-b"])
    assert "Global_192_168_1_1" in healthy.established()["node-a"]


def test_stopped_router_reboots_from_its_startup_configuration(peered: Lab) -> None:
    peered.do("fault", "stop", "rr1")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", peered.facts()["ports"]["rr1"]))
    # Silence, not a last word: the session dies when its hold time is over.
    assert "Global_192_168_1_1" in peered.established()["node-a"]
    peered.wait(lambda: "Global_192_168_1_1" not in peered.established()["node-a"])
    peered.do("fault", "clear")
    assert "bgp cluster-id" in peered.router("show running-config | section ^router bgp")


MIRRORED = """\
calico_clusters: {hosts: {dc1: {calico_plan_peer_name: core}}}
route_reflectors: {hosts: {rr1: {cisco_rr_address: 192.168.1.1, cisco_rr_peer_group: "{{ of_the_team }}"}}}
calico_nodes: {hosts: {a: , b: }}
all: {vars: {of_the_team: Pl4nted-in-a-vault}}
"""


def test_a_user_s_variables_are_on_no_command_line(tmp_path: Path) -> None:
    (tmp_path / "hosts.yml").write_text(MIRRORED)
    mirrored = Lab(tmp_path / "state")
    mirrored.do("up", "--inventory", str(tmp_path / "hosts.yml"))
    try:
        secrets = [b"Pl4nted-in-a-vault", mirrored.facts()["router_password"].encode()]
        lines = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                lines.append((process / "cmdline").read_bytes())
        assert any(b"lab.daemon" in line for line in lines)
        assert [line for line in lines for secret in secrets if secret in line] == []
        # Its administrator made the Secret for the BGPPeer of this inventory.
        name = "/api/v1/namespaces/calico-system/secrets/core-password"
        assert mirrored.api.request("GET", name).json()["type"] == "Opaque"
        whole = json.loads(mirrored.do("inventory", "--host", "rr1"))
        assert whole["of_the_team"] == "Pl4nted-in-a-vault", "the test has planted something"
    finally:
        mirrored.do("down")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("kill-bird", "rr1"), "The fault kill-bird is not for 'rr1': choose one of node-a, node-b, node-c."),
        (("stop", "rr9"), "The fault stop is not for 'rr9'"),
        (("refuse-bgp", "rr1", "rr1"), "The fault refuse-bgp needs a node"),
        (("refuse-line", "rr1", "("), "is no regular expression"),
        (("clear", "99"), "There is no fault 99"),
    ],
)
def test_faults_that_make_no_sense(lab: Lab, arguments: tuple[str, ...], sentence: str) -> None:
    done = lab.attempt("fault", *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr


def test_second_lab_knows_nothing_of_the_first_and_sigkill_leaves_nothing(lab: Lab, tmp_path: Path) -> None:
    before = machine()
    second = Lab(tmp_path / "second")
    second.up()
    assert set(second.facts()["ports"].values()).isdisjoint(lab.facts()["ports"].values())
    assert len(second.established()["node-a"]) == 2
    outer = int((second.state / "pid").read_text())
    namespace = os.readlink(f"/proc/{children(outer)[0]}/ns/pid")
    assert len(processes_in(namespace)) > 10
    assert second.facts()["router_password"] != lab.facts()["router_password"], "each has a login of its own"
    os.kill(outer, signal.SIGKILL)
    wait(lambda: not processes_in(namespace), seconds=5)
    assert machine() == before
    assert "No lab is up" in second.attempt("status").stderr
    assert len(lab.established()["node-a"]) >= 2
    assert second.do("down").startswith("No lab was up")
    assert not second.state.exists()


def test_failing_up_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho the reason; exit 3\n")
    broken.chmod(0o755)
    cache = tmp_path / "cache"
    (cache / "bin").mkdir(parents=True)
    (cache / "bin" / "lab-kube").symlink_to(broken)
    (cache / "bin" / "lab-kubelet").symlink_to(find().kubelet)
    (cache / "deb").symlink_to(find().bird.parents[2])
    command = [sys.executable, "-m", "lab", "up", "--state", str(tmp_path / "state")]
    environment = {**os.environ, "CALICO_BGP_CACHE": str(cache)}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The lab did not come up: The Kubernetes API does not start" in done.stderr
    assert "the reason" in done.stderr
    assert not (tmp_path / "state").exists()


def test_missing_programs_are_named(tmp_path: Path) -> None:
    environment = {**os.environ, "CALICO_BGP_CACHE": str(tmp_path), "KUBEBUILDER_ASSETS": ""}
    command = [sys.executable, "-m", "lab", "up", "--state", str(tmp_path / "state")]
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(r"lab: The program \S+ is not at .*: run `make setup` first\.\n", done.stderr)


def machine() -> tuple[str, str]:
    """What a lab must not change: mounts and addresses of the machine."""
    addresses = subprocess.run(["ip", "-brief", "address"], capture_output=True, text=True, check=True).stdout
    return Path("/proc/self/mounts").read_text(), addresses


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processes_in(namespace: str) -> list[str]:
    """Processes of a PID namespace, as this machine numbers them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if os.readlink(entry / "ns" / "pid") == namespace:
                    found.append(entry.name)
            except OSError:
                continue
    return found


def test_lab_ends_with_the_process_that_owns_it(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as owner:
        environment = {**os.environ, "CALICO_BGP_LAB_OWNER": str(owner.pid)}
        command = [sys.executable, "-m", "lab", "up", "--nodes", "2", "--state", str(tmp_path / "owned")]
        subprocess.run(command, cwd=CHECKOUT, env=environment, check=True, stdout=subprocess.DEVNULL)
        outer = int((tmp_path / "owned" / "pid").read_text())
        owner.kill()
    wait(lambda: not Path(f"/proc/{outer}").exists())
