# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's renderer: Calico's own recorded cases, the rules behind them, and what it refuses."""

from __future__ import annotations

import base64
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.agent.forms import FORMS
from lab.agent.objects import RefusedError, affinity_labels, read
from lab.agent.render import render, render_node
from lab.programs import Programs

Json = dict[str, Any]
CASES = Path(__file__).resolve().parents[3] / "shared" / "calico-confd"
NODE = "kube-master"
# Blocks the recorded node holds besides what the case's objects say: CIDR and state.
BLOCKS = (
    ("10.0.0.0/30", ""),
    ("10.1.0.0/24", ""),
    ("10.2.0.1/32", ""),
    ("192.168.221.192/26", ""),
    ("192.168.221.64/26", "confirmed"),
    ("192.168.221.0/26", "pending"),
)
WHOLE = sorted(str(path.parent.relative_to(CASES)) for path in CASES.glob("mesh/*/input.yaml"))
WHOLE += ["explicit_peering/global-external"]
FILTERS = sorted(str(path.parent.relative_to(CASES)) for path in CASES.glob("bgpfilter/**/input.yaml"))
NEED_MORE = {
    "bgpfilter/peer_type": "peerType",
    "bgpfilter/as_path_and_priority": "asPathPrefix",
}
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason=f"no recorded cases at {CASES}")


def recorded(case: str) -> list[Json]:
    """The objects of a recorded case with the blocks of its node."""
    objects = [obj for obj in yaml.safe_load_all((CASES / case / "input.yaml").read_text()) if obj]
    return objects + [block(cidr, state) for cidr, state in BLOCKS]


def block(cidr: str, state: str, node: str = NODE) -> Json:
    return {
        "kind": "BlockAffinity",
        "metadata": {"name": cidr, "labels": affinity_labels(node, cidr)},
        "spec": {"cidr": cidr, "node": node, "state": state},
    }


def parts(text: str) -> dict[str, str]:
    """Top-level statements and blocks of a BIRD file: heading to body, comments and white space aside."""
    text = " ".join(re.sub(r"#.*", "", text).split())
    found: dict[str, str] = {}
    depth = start = 0
    heading = ""
    for position, sign in enumerate(text):
        if sign == "{":
            if depth == 0:
                heading, start = text[start:position].strip(), position
            depth += 1
        elif sign == "}":
            depth -= 1
        if depth == 0 and sign in ";}":
            if sign == ";":
                heading, body = text[start:position].strip(), ""
            else:
                body = text[start : position + 1]
            assert heading not in found, heading
            found[heading] = " ".join(body.replace("{", " { ").replace("}", " } ").split())
            start = position + 1
    return found


def node(name: str, address: str, labels: Json | None = None, **bgp: Any) -> Json:
    spec = {"bgp": {"ipv4Address": f"{address}/24", **bgp}}
    return {"kind": "Node", "metadata": {"name": name, "labels": labels or {}}, "spec": spec}


def obj(kind: str, name: str, **spec: Any) -> Json:
    return {"kind": kind, "metadata": {"name": name}, "spec": spec}


THREE = [
    node("a", "192.0.2.9", {"rack": "r1"}),
    node("b", "192.0.2.10", {"rack": "r2", "spare": ""}),
    node("c", "192.0.2.11"),
]
PEER = {"peerIP": "198.51.100.1", "asNumber": 64512}


def protocols(objects: list[Json], name: str) -> dict[str, str]:
    """The BGP protocols of a node: name to body."""
    return {
        heading.split()[2]: body
        for heading, body in parts(render(objects, name)["bird.cfg"]).items()
        if heading.startswith("protocol bgp")
    }


@needs_cases
@pytest.mark.parametrize("case", WHOLE)
def test_recorded_case_is_rendered_as_confd_rendered_it(case: str) -> None:
    router_id = "hash" if case == "mesh/hash" else None
    for name, text in render(recorded(case), NODE, router_id).items():
        assert parts(text) == parts((CASES / case / name).read_text())


@needs_cases
@pytest.mark.parametrize("case", [case for case in FILTERS if case not in NEED_MORE])
def test_filter_functions_equal_the_recorded_ones(case: str) -> None:
    objects = [each for each in recorded(case) if "peerSelector" not in (each.get("spec") or {})]
    expected = parts((CASES / case / "bird.cfg").read_text())
    found = parts(render(objects, NODE)["bird.cfg"])
    functions = {heading: body for heading, body in expected.items() if heading.startswith("function 'bgp_")}
    assert {
        heading: body for heading, body in found.items() if heading.startswith("function 'bgp_")
    } == functions
    assert functions or case == "bgpfilter/v6_only/global_peer"


@needs_cases
def test_explicit_peer_with_a_filter_equals_the_recorded_one() -> None:
    case = "bgpfilter/export_only/explicit_peer"
    assert parts(render(recorded(case), NODE)["bird.cfg"]) == parts((CASES / case / "bird.cfg").read_text())


@needs_cases
@pytest.mark.parametrize(("case", "field"), NEED_MORE.items())
def test_filter_that_needs_more_is_refused_by_field(case: str, field: str) -> None:
    with pytest.raises(RefusedError, match=rf"BGPFilter .*: field importV4\[\d\]\.{field} is not known"):
        render(recorded(case), NODE)


@needs_cases
@pytest.mark.lab
@pytest.mark.parametrize("case", WHOLE)
def test_bird_takes_the_files(case: str, programs: Programs, tmp_path: Path) -> None:
    for name, text in render(recorded(case), NODE).items():
        (tmp_path / name).write_text(text)
    environment = {"LD_LIBRARY_PATH": programs.library_path}
    subprocess.run([programs.bird, "-p", "-c", tmp_path / "bird.cfg"], check=True, env=environment)


def test_mesh_without_a_bgpconfiguration() -> None:
    assert list(protocols(THREE, "b")) == ["Mesh_192_0_2_11", "Mesh_192_0_2_9"]


def test_mesh_is_passive_by_text_order() -> None:
    found = protocols(THREE, "b")
    # "192.0.2.9" > "192.0.2.10" as text, although 9 < 10.
    assert "passive on;" in found["Mesh_192_0_2_9"]
    assert "passive on;" in found["Mesh_192_0_2_11"]
    assert "passive on;" not in protocols(THREE, "a")["Mesh_192_0_2_10"]


def test_mesh_off_leaves_nothing() -> None:
    assert protocols([*THREE, obj("BGPConfiguration", "default", nodeToNodeMeshEnabled=False)], "b") == {}


def test_mesh_takes_port_password_and_restart_time() -> None:
    objects = [
        *THREE,
        obj(
            "BGPConfiguration",
            "default",
            listenPort=1790,
            nodeMeshPassword={"secretKeyRef": {"name": "bgp", "key": "mesh"}},
            nodeMeshMaxRestartTime="1m30s",
        ),
        obj("BGPConfiguration", "node.c", listenPort=1791),
        {
            "kind": "Secret",
            "metadata": {"name": "bgp"},
            "data": {"mesh": base64.b64encode(b"s3cret").decode()},
        },
    ]
    found = protocols(objects, "b")
    assert "neighbor 192.0.2.9 port 1790 as 64512;" in found["Mesh_192_0_2_9"]
    assert "neighbor 192.0.2.11 port 1791 as 64512;" in found["Mesh_192_0_2_11"]
    assert 'graceful restart time 90; password "s3cret";' in found["Mesh_192_0_2_9"]
    assert "listen bgp port 1791" in parts(render(objects, "c")["bird.cfg"])


def test_node_as_of_its_own_makes_the_session_external() -> None:
    found = protocols([node("a", "192.0.2.9", asNumber=65001), *THREE[1:], obj("BGPPeer", "rr", **PEER)], "a")
    assert "calico_export_to_bgp_peers(false);" in found["Global_198_51_100_1"]
    # confd gives a mesh peer without an AS the node's own.
    assert "as 65001;" in found["Mesh_192_0_2_10"]


def test_node_annotations_are_read_as_well() -> None:
    kubernetes = {
        "kind": "Node",
        "metadata": {
            "name": "k",
            "annotations": {
                "projectcalico.org/IPv4Address": "192.0.2.12/24",
                "projectcalico.org/ASNumber": "1.10",
            },
        },
        "spec": {"podCIDR": "10.1.0.0/24"},
    }
    text = render([kubernetes], "k")["bird.cfg"]
    assert "router id 192.0.2.12;" in text
    assert "local as 65546;" in text


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ({}, "Global_198_51_100_1"),
        ({"peerIP": "198.51.100.1:179"}, "Global_198_51_100_1_port_179"),
        ({"nodeSelector": "all()"}, "Node_198_51_100_1"),
        ({"nodeSelector": "rack == 'r1'"}, "Node_198_51_100_1"),
        ({"node": "a"}, "Node_198_51_100_1"),
        ({"node": "b"}, None),
        ({"nodeSelector": "!has(rack)"}, None),
        ({"peerIP": "2001:db8::1"}, None),
    ],
)
def test_peer_is_named_by_scope_and_port(spec: Json, name: str | None) -> None:
    found = protocols([*THREE, obj("BGPPeer", "rr", **{**PEER, **spec})], "a")
    assert [each for each in found if not each.startswith("Mesh_")] == ([name] if name else [])


def test_peer_options() -> None:
    objects = [
        *THREE,
        obj("BGPPeer", "rr", **PEER, sourceAddress="None", maxRestartTime="119.6s", keepaliveTime="3s"),
    ]
    found = protocols(objects, "a")["Global_198_51_100_1"]
    assert "source address" not in found
    assert "graceful restart time 120; keepalive time 3;" in found


def test_global_peer_wins_over_node_specific_one() -> None:
    objects = [*THREE, obj("BGPPeer", "a-node", **PEER, node="a"), obj("BGPPeer", "z-global", **PEER)]
    assert [each for each in protocols(objects, "a") if not each.startswith("Mesh_")] == [
        "Global_198_51_100_1"
    ]


def test_two_peers_to_one_address_are_named_in_a_warning() -> None:
    objects = [*THREE, obj("BGPPeer", "one", **PEER, keepaliveTime="3s"), obj("BGPPeer", "two", **PEER)]
    rendering = render_node(read(objects), "a")
    assert rendering.warnings == ("BGPPeer one and two both lead to 198.51.100.1: only one is rendered.",)
    assert "keepalive time 3;" in rendering.files["bird.cfg"]


def test_own_address_is_left_out_and_mirrored() -> None:
    objects = [
        *THREE,
        obj("BGPConfiguration", "default", nodeToNodeMeshEnabled=False),
        obj("BGPPeer", "hub", peerIP="192.0.2.10", asNumber=64512),
    ]
    assert list(protocols(objects, "a")) == ["Global_192_0_2_10"]
    assert list(protocols(objects, "b")) == ["Node_192_0_2_11", "Node_192_0_2_9"]


def test_missing_secret_leaves_the_password_out_with_a_warning() -> None:
    reference = {"secretKeyRef": {"name": "bgp", "key": "rr"}}
    rendering = render_node(read([*THREE, obj("BGPPeer", "rr", **PEER, password=reference)]), "a")
    assert "password" not in rendering.files["bird.cfg"]
    assert rendering.warnings == (
        "BGPPeer rr: there is no key rr in Secret bgp of namespace calico-system; "
        "the session has no password.",
    )


def test_filters_are_called_in_the_peers_order() -> None:
    objects = [
        *THREE,
        obj("BGPFilter", "one", importV4=[{"action": "Reject"}]),
        obj("BGPFilter", "two", importV4=[{"action": "Accept"}], exportV4=[{"action": "Accept"}]),
        obj("BGPPeer", "rr", **PEER, filters=["two", "gone", "one"]),
    ]
    found = protocols(objects, "a")["Global_198_51_100_1"]
    assert "import filter { 'bgp_two_importFilterV4'(); 'bgp_one_importFilterV4'(); if" in found
    assert "'bgp_two_exportFilterV4'(); calico_export" in found
    assert "gone" not in found
    warnings = render_node(read(objects), "a").warnings
    assert warnings == ("BGPPeer rr: there is no BGPFilter gone; it is left out.",)


@pytest.mark.parametrize(
    ("rule", "statement"),
    [
        ({"cidr": "10.0.0.0/8", "matchOperator": "Equal"}, "(net = 10.0.0.0/8)"),
        ({"cidr": "10.0.0.0/8", "matchOperator": "NotIn"}, "(net !~ 10.0.0.0/8)"),
        (
            {"cidr": "10.0.0.0/8", "matchOperator": "In", "prefixLength": {"min": 26}},
            "(net ~ [ 10.0.0.0/8{26,32} ])",
        ),
        (
            {"cidr": "10.0.0.0/8", "matchOperator": "In", "prefixLength": {"max": 24}},
            "(net ~ [ 10.0.0.0/8{8,24} ])",
        ),
        ({"interface": "eth*"}, '((defined(ifname))&&(ifname ~ "eth*"))'),
    ],
)
def test_filter_rule(rule: Json, statement: str) -> None:
    text = render([*THREE, obj("BGPFilter", "f", exportV4=[{"action": "Reject", **rule}])], "a")["bird.cfg"]
    assert f"  if ({statement}) then {{ reject; }}\n" in text


def test_blocks_of_other_nodes_and_deleted_ones_are_not_announced() -> None:
    deleted = block("10.9.2.0/26", "confirmed", "a")
    deleted["spec"]["deleted"] = True
    objects = [
        *THREE,
        block("10.9.0.0/26", "confirmed", "a"),
        block("10.9.1.0/26", "confirmed", "b"),
        deleted,
    ]
    text = render(objects, "a")["bird_aggr.cfg"]
    assert re.findall(r"route (\S+) blackhole", text) == ["10.9.0.0/26"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (obj("BGPPeer", "x", **PEER, ttlSecurity=1), "BGPPeer x: field ttlSecurity is not known to the lab."),
        (obj("BGPPeer", "x", peerSelector="all()"), "BGPPeer x: field peerSelector is not known to the lab."),
        (obj("BGPPeer", "x", asNumber=1), "BGPPeer x: 'peerIP' is missing."),
        (
            obj("BGPPeer", "x", peerIP="rr1"),
            "BGPPeer x: 'rr1' does not appear to be an IPv4 or IPv6 address.",
        ),
        (
            obj("BGPPeer", "x", **PEER, nodeSelector="rack has 'r'"),
            """BGPPeer x: the selector "rack has 'r'" is none that Calico reads.""",
        ),
        (
            obj("BGPConfiguration", "default", serviceClusterIPs=[{"cidr": "10.96.0.0/12"}]),
            "BGPConfiguration default: field serviceClusterIPs is not known to the lab.",
        ),
        (
            obj("BGPConfiguration", "node.a", asNumber=64513),
            "BGPConfiguration node.a: field asNumber is allowed in `default` only.",
        ),
        (
            obj("BGPConfiguration", "other"),
            "BGPConfiguration other: Calico knows the names default and node.<name> only.",
        ),
        (
            obj("BGPFilter", "x", importV6=[{"action": "Accept", "priority": 1}]),
            "BGPFilter x: field importV6[0].priority is not known to the lab.",
        ),
        (
            obj("BGPFilter", "x", importV4=[{"action": "Accept", "cidr": "10.0.0.0/8"}]),
            "BGPFilter x: cidr '10.0.0.0/8' and matchOperator '' do not go together.",
        ),
        (
            obj("IPPool", "x", cidr="10.0.0.0/8", colour="red"),
            "IPPool x: field colour is not known to the lab.",
        ),
        (
            node("x", "192.0.2.13", routeReflectorClusterID="244.0.0.1"),
            "Node x: field routeReflectorClusterID is not known to the lab.",
        ),
        (obj("BGPPolicy", "x"), "BGPPolicy x: this kind is not known to the lab."),
    ],
)
def test_what_the_lab_does_not_know_is_refused_by_name(wrong: Json, sentence: str) -> None:
    with pytest.raises(RefusedError) as refused:
        render([*THREE, wrong], "a")
    assert str(refused.value) == sentence


def test_empty_fields_count_as_absent() -> None:
    spec = {**PEER, "ttlSecurity": None, "localWorkloadSelector": "", "communities": []}
    assert "Global_198_51_100_1" in protocols([*THREE, obj("BGPPeer", "x", **spec)], "a")


def of_release(calico: str, *more: Json) -> dict[str, str]:
    """What a release writes on node a, which has a block, and a peer with a filter."""
    objects = [
        *THREE,
        block("10.9.0.0/26", "confirmed", "a"),
        obj("IPPool", "p", cidr="10.9.0.0/16"),
        obj("BGPFilter", "f", importV4=[{"action": "Reject"}]),
        obj("BGPPeer", "rr", **PEER, filters=["f"]),
        *more,
    ]
    return render(objects, "a", form=FORMS[calico])


@pytest.mark.parametrize("calico", FORMS)
def test_bird_takes_what_each_release_writes(programs: Programs, tmp_path: Path, calico: str) -> None:
    for name, text in of_release(calico).items():
        (tmp_path / name).write_text(text)
    command = [str(programs.bird), "-p", "-c", "bird.cfg"]
    environment = {"LD_LIBRARY_PATH": programs.library_path}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("calico", "mesh", "peer"),
    [
        (
            "3.33",
            "{ neighbor 192.0.2.10 as 64512; source address 192.0.2.9; ttl security off; multihop; "
            "import filter { if (defined(bgp_local_pref)",
            "import filter { 'bgp_f_importFilterV4'(); if (defined(bgp_local_pref)",
        ),
        (
            "3.32",
            "{ neighbor 192.0.2.10 as 64512; source address 192.0.2.9; "
            "import filter { if (defined(bgp_local_pref)",
            "import filter { 'bgp_f_importFilterV4'(); if (defined(bgp_local_pref)",
        ),
        (
            "3.27",
            "{ neighbor 192.0.2.10 as 64512; source address 192.0.2.9; "
            "import all; export filter { calico_export_to_bgp_peers(true); reject; } ; }",
            "import filter { 'bgp_f_importFilterV4'(); accept; } ; "
            "export filter { calico_export_to_bgp_peers(true); reject; } ; }",
        ),
    ],
)
def test_peers_as_each_release_writes_them(calico: str, mesh: str, peer: str) -> None:
    found = parts(of_release(calico)["bird.cfg"])
    assert found["protocol bgp Mesh_192_0_2_10 from bgp_template"].startswith(mesh)
    assert peer in found["protocol bgp Global_198_51_100_1 from bgp_template"]


def test_only_newer_releases_make_metrics_of_local_pref() -> None:
    texts = {calico: "".join(of_release(calico).values()) for calico in FORMS}
    assert {calico: "krt_metric" in text for calico, text in texts.items()} == {
        "3.33": True,
        "3.32": True,
        "3.27": False,
    }
    assert {calico: "bgp_local_pref" in text for calico, text in texts.items()} == {
        "3.33": True,
        "3.32": True,
        "3.27": False,
    }


def test_what_each_release_logs() -> None:
    bodies = {calico: parts(of_release(calico)["bird.cfg"])["template bgp bgp_template"] for calico in FORMS}
    long = {calico: "debug { states, routes, filters, events } ;" in body for calico, body in bodies.items()}
    assert long == {"3.33": True, "3.32": False, "3.27": True}


@pytest.mark.parametrize(("calico", "seen"), [("3.33", False), ("3.32", False), ("3.27", True)])
def test_from_331_on_a_node_lists_its_blocks_by_their_labels(calico: str, seen: bool) -> None:
    bare = block("10.9.1.0/26", "confirmed", "a")
    bare["metadata"]["labels"] = affinity_labels("b", "10.9.1.0/26")
    assert ("10.9.1.0/26" in of_release(calico, bare)["bird_aggr.cfg"]) is seen


def test_a_host_s_name_is_hashed_for_its_label() -> None:
    """SHA3-256 of `node-a` in base32, computed with OpenSSL."""
    assert affinity_labels("node-a", "10.9.0.0/26") == {
        "projectcalico.org/hostname-hash": "PY3TQE2E3XMTETLM2MJO3UITKPFB27YUJ4T4E5XGPEJON3SM4QAA",
        "projectcalico.org/affinity-type": "host",
        "projectcalico.org/ip-version": "4",
    }


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("", True),
        ("Enabled", True),
        ("EnabledNoEncapOnly", True),
        ("EnabledIPIPOnly", False),
        ("Disabled", False),
    ],
)
def test_who_programs_plain_routes(value: str, written: bool) -> None:
    text = of_release("3.33", obj("BGPConfiguration", "default", programClusterRoutes=value))["bird_ipam.cfg"]
    mine = "  if (net ~ 10.9.0.0/16) then { accept; }\n  accept;"
    theirs = "  if (net ~ 10.9.0.0/16) then { reject; } # Cluster routes are handled by Felix.\n  accept;"
    assert (mine in text, theirs in text) == (written, not written)


def test_routes_of_ipip_that_bird_writes_need_calico_s_own() -> None:
    pool = obj("IPPool", "i", cidr="10.8.0.0/16", ipipMode="Always")
    assert "10.8.0.0/16" in of_release("3.33", pool)["bird_ipam.cfg"]
    with pytest.raises(RefusedError, match="IPPool i: only Calico's own BIRD writes routes of IPIP"):
        of_release("3.32", pool)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (obj("BGPPeer", "x", peerIP="198.51.100.2", keepaliveTime="3s"), "BGPPeer x: field keepaliveTime"),
        (
            obj("BGPConfiguration", "default", programClusterRoutes="Enabled"),
            "BGPConfiguration default: field programClusterRoutes",
        ),
    ],
)
def test_327_does_not_know_what_came_later(wrong: Json, field: str) -> None:
    with pytest.raises(RefusedError, match=f"{field} is not known"):
        of_release("3.27", wrong)
    assert of_release("3.32", wrong)


def test_unknown_node_is_refused() -> None:
    with pytest.raises(RefusedError, match="There is no Node d among the objects"):
        render(THREE, "d")
