# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change document of a plan: what it says, and that whatever comes from outside is text in it."""

from __future__ import annotations

import doctest
import json
import re
import shlex
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
import yaml
from markdown_it import MarkdownIt

from ansible_collections.telco.calico_bgp.plugins.module_utils.calico import objects
from ansible_collections.telco.calico_bgp.plugins.module_utils.change import markdown, yamltext
from ansible_collections.telco.calico_bgp.plugins.module_utils.change.document import Document, document
from ansible_collections.telco.calico_bgp.plugins.module_utils.change.way_back import Access, way_back
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import findings as weigh
from ansible_collections.telco.calico_bgp.plugins.module_utils.checks.findings import ACCEPTED, WARNING
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.cluster import Cluster, Peer
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.observation import Push
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.plan import Plan
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.state import RunState
from ansible_collections.telco.calico_bgp.plugins.plugin_utils.page import change as page
from tests.helpers import article
from tests.helpers.html_pages import Page

NAME = "peer-to-external-rr"
PUSH = Push(
    "rr1",
    "planned",
    "",
    ("router bgp 64512", "neighbor 192.168.1.10 password ********", "neighbor 192.168.1.10 activate"),
    (),
    (),
    True,
    ("neighbor 192.168.1.10 password ********: asked for", "neighbor 192.168.1.10 activate: a node"),
)


def made(plan: Plan | None = None, cluster: Cluster | None = None, *pushes: Push, **changes: Any) -> Document:
    """The document of the article's network, unless something is given."""
    given: dict[str, Any] = {
        "findings": (),
        "state": RunState(timeout=120),
        "access": Access(("/etc/inv.yml",), "/root/kube.conf", "prod"),
        **changes,
    }
    return document(
        plan or article.planned(),
        cluster or article.cluster(),
        {push.host: push for push in pushes or (PUSH,)},
        given["findings"],
        given["state"],
        given["access"],
    )


def part(whole: Document, title: str) -> Any:
    return next(each for each in whole.objects if each.title == title)


@pytest.mark.parametrize("module", [markdown, yamltext])
def test_doctests(module: Any) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


def test_sessions_and_routes_before_and_after() -> None:
    rows = [
        (m.when, m.mesh_sessions, m.reflector_sessions, m.mesh_routes, m.reflector_routes)
        for m in made().moments
    ]
    assert rows == [
        ("now", 3, 0, 6, 0),
        ("with the peers", 3, 3, 6, 6),
        ("after the cut", 0, 3, 0, 6),
    ]


def test_with_two_reflectors_and_the_mesh_off_already() -> None:
    both = (article.reflector(), article.reflector("rr2", "192.168.1.2"))
    wanted = article.planned(reflectors=both, mesh=False)
    whole = made(wanted, article.live(wanted), PUSH, replace(PUSH, host="rr2"))
    assert [(m.when, m.reflector_sessions, m.reflector_routes) for m in whole.moments] == [
        ("now", 6, 12),
        ("with the peers", 6, 12),
    ]
    assert whole.summary.startswith("The mesh is off already.")
    assert [step.name for step in whole.steps] == ["sessions and routes come up"]
    assert {each.word for each in whole.objects} == {"as it is"}
    assert not any("the only reflector" in risk for risk in whole.risks)


RESETS = {
    # a BGPPeer that is there, what is said
    "another field": ({"peerIP": "192.168.1.1", "asNumber": 64512, "nodeSelector": "all()"}, ""),
    "its filters": (
        {"peerIP": "192.168.1.1", "asNumber": 64512, "nodeSelector": "all()", "filters": ["x"]},
        "",
    ),
    "its AS": (
        {"peerIP": "192.168.1.1", "asNumber": 64513, "nodeSelector": "all()"},
        f"BGPPeer {NAME}: its asNumber changes, and BIRD sets its sessions up anew",
    ),
}


@pytest.mark.parametrize(("spec", "said"), RESETS.values(), ids=RESETS)
def test_an_object_that_resets_sessions_is_named(spec: dict[str, Any], said: str) -> None:
    cluster = article.cluster(peers=(Peer(NAME, "192.168.1.1", 64512, spec, "1"),))
    assert made(None, cluster).resets == ((said,) if said else ())


def test_lines_that_reset_sessions_are_named() -> None:
    resetting = replace(PUSH, resets=("192.168.1.10", "192.168.1.11"))
    assert made(None, None, resetting).resets == (
        "rr1: the lines reset: the sessions with 192.168.1.10, 192.168.1.11",
    )
    refused = made(None, None, replace(resetting, outcome="refused", detail="would reset")).resets
    assert refused == (
        "rr1: the lines would reset, and are not sent for that: the sessions with 192.168.1.10, 192.168.1.11",
    )


@pytest.mark.parametrize(
    "push", [Push("rr9", "planned", "", (), (), (), True), replace(PUSH, outcome="lost")]
)
def test_a_router_that_nobody_asked_resets_nobody_knows_what(push: Push) -> None:
    whole = made(None, None, push)
    assert whole.resets == ("rr1 was not compared, so what its lines reset is not known here",)
    assert "None: " not in markdown.markdown(whole)


def test_each_line_has_its_reason() -> None:
    text = markdown.markdown(made())
    assert (
        "```\nrouter bgp 64512\n"
        "neighbor 192.168.1.10 password ********  ! asked for\n"
        "neighbor 192.168.1.10 activate  ! a node\n```\n"
    ) in text


def test_objects_are_shown_as_they_change() -> None:
    theirs = {"peerIP": "192.168.1.1", "asNumber": 64512, "filters": ["theirs"], "nodeSelector": "all()"}
    cluster = article.cluster(
        peers=(Peer(NAME, "192.168.1.1", 64512, {**theirs, "keepOriginalNextHop": True}, "1"),)
    )
    wanted = article.planned()
    objects_of = [
        {**o, "spec": {**o["spec"], **({"filters": ["theirs", NAME]} if o["kind"] == "BGPPeer" else {})}}
        for o in wanted.objects
    ]
    whole = made(replace(wanted, objects=tuple(objects_of)), cluster)
    assert part(whole, f"BGPFilter {NAME}").word == "new"
    peer = part(whole, f"BGPPeer {NAME}")
    assert (peer.word, peer.lines) == (
        "changed",
        (
            " asNumber: 64512",
            " filters:",
            " - theirs",
            f"+- {NAME}",
            " keepOriginalNextHop: true",
            ' nodeSelector: "all()"',
            ' peerIP: "192.168.1.1"',
        ),
    )
    assert part(whole, "BGPConfiguration default").lines == (
        " asNumber: 64512",
        "+nodeToNodeMeshEnabled: false",
    )


@pytest.mark.parametrize(
    "data",
    [
        {"a": "yes", "b": "x: y", "c": [], "d": {}, "e": [{"f": 1, "g": [1, [2, {"h": None}]]}], "#": "- z"},
        {"text": "line\n```\n<b>", "no": False, "1": 1.5, "\u202e": "\x1b[2K", "o": "0x10", "n": "~"},
    ],
)
def test_what_is_shown_of_an_object_is_yaml(data: dict[str, Any]) -> None:
    assert yaml.safe_load("\n".join(yamltext.lines(data))) == data


def test_how_long_it_takes_and_where_that_comes_from() -> None:
    whole = made()
    assert [(s.least, s.most) for s in whole.steps] == [(30, 120), (150, 150), (0, 60)]
    assert (whole.least, whole.most) == (180, 330)
    assert "30 s at rr1; after 120 s (calico_bgp_timeout) the gate stays shut" in whole.steps[0].how
    assert "hold time of 30 s and the restart time of 120 s at rr1" in whole.steps[1].how
    own = made(state=RunState(timeout=10, soak=6)).steps
    assert [(s.least, s.most) for s in own] == [(30, 30), (6, 6), (0, 60)]
    assert own[1].how == "calico_bgp_soak"


def test_risks_are_what_preflight_warns_of_and_what_is_not_guarded() -> None:
    odd = weigh.finding("leaks.told", "rr1", False, "e", "a", "do", severity=WARNING)
    good = weigh.finding("nodes.any", "cluster lab", True, "e", "a", "do")
    left_out = article.planned(left_out={"node-z": "NotReady"})
    bare = replace(PUSH, guarded=False, pending=("192.168.1.10",))
    whole = made(left_out, None, bare, findings=(odd, good, replace(odd, severity=ACCEPTED)))
    assert markdown.risks(whole) == [
        "rr1: expected e, found a. do",
        "accepted: rr1: expected e, found a. do",
        "rr1 is the only reflector: when it is lost after the watch, pods are dark from the end of the hold"
        " time until somebody turns the mesh on",
        "rr1 has no archive: no revert timer takes the lines back where it breaks off",
        "rr1: the sessions with 192.168.1.10 take up timers or capabilities only when they are next set up",
        "node node-z is no client: NotReady",
    ]


def words(access: Access, cluster: Cluster | None = None) -> dict[str, list[str]]:
    return {c.purpose: shlex.split(c.line) for c in way_back(cluster or article.cluster(), access)}


def test_the_way_back_has_the_cluster_s_own_commands() -> None:
    found = words(Access(("/my inv/hosts.yml", "/b"), "/root/kube.conf", "prod"))
    chosen = ["-i", "/my inv/hosts.yml", "-i", "/b"]
    patch = '{"spec":{"nodeToNodeMeshEnabled":true}}'
    kind = "bgpconfigurations.projectcalico.org"
    assert found == {
        "The mesh on, now": ["ansible-playbook", *chosen, "telco.calico_bgp.mesh_on"],
        "The same without Ansible": [
            *("kubectl", "--kubeconfig", "/root/kube.conf", "--context", "prod"),
            *("patch", kind, "default", "--type", "merge", "--patch", patch),
        ],
        "The same on a control plane node": [
            "calicoctl",
            "patch",
            "bgpconfiguration",
            "default",
            "--patch",
            patch,
        ],
        "The whole way back, proved": ["ansible-playbook", *chosen, "telco.calico_bgp.rollback"],
    }


def test_in_a_job_the_way_back_names_no_file_that_is_gone_after_it() -> None:
    found = way_back(article.cluster(), Access(("/tmp/awx/inv",), "/tmp/awx/kube", "", job=True))
    text = "\n".join(f"{c.line} {c.note}" for c in found)
    assert "/tmp/awx" not in text
    assert "Start the job template calico-bgp mesh on." in text
    assert "Start the job template calico-bgp rollback." in text


KEPT = {"nodeMeshPassword": {"secretKeyRef": {"name": "s", "key": "k"}}, "nodeMeshMaxRestartTime": "30s"}
ON = {"nodeToNodeMeshEnabled": True}
MESHES = {
    # BGPConfiguration default (spec, annotation), the patch that turns the mesh on by hand
    "nothing is there": (None, "", ON),
    "a mesh": ({"asNumber": 1}, "", ON),
    "a mesh with what the cut takes away": (KEPT, "", {**ON, **KEPT}),
    "a mesh, and an annotation of an earlier cut": ({}, json.dumps(KEPT), ON),
    "after the cut": ({"nodeToNodeMeshEnabled": False}, json.dumps(KEPT), {**ON, **KEPT}),
    "after the cut, spoilt": ({"nodeToNodeMeshEnabled": False}, "{", ON),
}


@pytest.mark.parametrize(("spec", "note", "patch"), MESHES.values(), ids=MESHES)
def test_the_mesh_comes_back_with_what_only_a_mesh_may_have(
    spec: dict[str, Any] | None, note: str, patch: dict[str, Any]
) -> None:
    live = None if spec is None else {"spec": spec, "annotations": {objects.MESH_BEFORE: note}}
    assert objects.mesh_by_hand(live) == {"spec": patch}


def test_an_api_server_of_calico_may_be_out_of_reach() -> None:
    notes = {
        mode: " ".join(c.note for c in way_back(article.cluster(api_mode=mode), Access())) for mode in "AB"
    }
    assert "whose own pods may be out of reach" in notes["A"]
    assert "whose own pods may be out of reach" not in notes["B"]


#: Text that means something to Markdown, HTML, a terminal or a template.
HOSTILE = (
    "x<img src=x onerror=alert(1)>&lt;[a](javascript:alert(1))![i](http://e/)`` ` ```\n```\n# H\n* **b** _i_ "
    "| c | ~~s~~ $m$ <!-- <script>alert(1)</script> </pre> http://evil.example www.evil.example \\` \x1b[2K"
    "\u202e {{ 7*7 }}"
)


def hostile() -> Document:
    """A document with such a text in every place that anybody else may fill."""
    spec = {
        "peerIP": "192.168.1.1",
        "asNumber": 64512,
        HOSTILE: HOSTILE,
        "list": [HOSTILE, {HOSTILE: HOSTILE}],
    }
    cluster = article.cluster(
        peers=(Peer(NAME, "192.168.1.1", 64512, spec, "1"),),
        calico_version=HOSTILE,
        configuration={
            "spec": {"nodeMeshMaxRestartTime": HOSTILE},
            "annotations": {},
            "resourceVersion": "1",
        },
    )
    wanted = article.planned(left_out={HOSTILE: HOSTILE}, cluster=HOSTILE, server=HOSTILE)
    push = replace(
        PUSH,
        detail=HOSTILE,
        commands=(*PUSH.commands, HOSTILE),
        withheld=(HOSTILE,),
        notices=(HOSTILE,),
        reasons=(*PUSH.reasons, f"{HOSTILE}: {HOSTILE}"),
        pending=(HOSTILE,),
        resets=(HOSTILE,),
    )
    odd = weigh.finding("leaks.told", HOSTILE, False, HOSTILE, HOSTILE, HOSTILE, severity=WARNING)
    return made(
        wanted,
        cluster,
        push,
        findings=(odd, replace(odd, subject=HOSTILE)),
        access=Access((HOSTILE,), HOSTILE),
    )


def rendered(text: str) -> Any:
    """The tokens that a reader of Markdown with tables, strikethrough and HTML makes of a text."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return [t for token in reader.parse(text) for t in (token, *(token.children or ()))]


def headings(text: str) -> list[str]:
    found = rendered(text)
    return [found[i + 1].content for i, token in enumerate(found) if token.type == "heading_open"]


def test_hostile_text_is_text_in_markdown() -> None:
    text = markdown.markdown(hostile())
    assert {t.type for t in rendered(text)} <= {
        *("heading_open", "heading_close", "inline", "text", "text_special", "softbreak"),
        *("paragraph_open", "paragraph_close", "fence", "code_inline"),
        *("table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close"),
        *("tr_open", "tr_close", "th_open", "th_close", "td_open", "td_close"),
        *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    }
    assert all(line.isprintable() for line in text.splitlines())
    clean = [heading.partition(" ")[0] for heading in headings(markdown.markdown(made()))]
    assert [heading.partition(" ")[0] for heading in headings(text)] == clean
    cells = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("| plan")]
    assert cells == [3]


class Tags(HTMLParser):
    """The tags of a page, its attributes with an address, and whether each tag is closed."""

    VOID = ("meta", "path", "circle", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [v or "" for name, v in attrs if name in ("href", "src") or name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_hostile_text_is_text_in_the_page() -> None:
    clean, bad = Tags(page.page(made())), Tags(page.page(hostile()))
    assert bad.tags - clean.tags <= {"ul", "li"}
    assert all(address.startswith("#") for address in bad.addresses)
    assert "<img src=x onerror=alert(1)>" in "".join(bad.texts)
    assert "\x1b" not in page.page(hostile())


@pytest.mark.parametrize("whole", [made(), hostile()], ids=["tame", "hostile"])
def test_the_page_is_whole(whole: Document) -> None:
    assert Page(page.page(whole)).troubles == []


def test_a_page_says_what_the_text_says() -> None:
    texts = " ".join("".join(Tags(page.page(made())).texts).split())
    for said in (
        article.planned().identity,
        "neighbor 192.168.1.10 password ******** ! asked for",
        "+nodeToNodeMeshEnabled: false",
        '--patch \'{"spec":{"nodeToNodeMeshEnabled":true}}\'',
        "rr1 is the only reflector",
        "3 \u2192 0",
    ):
        assert said in texts, said


@pytest.mark.parametrize("length", [10_000, 1_000_000])
def test_a_name_of_any_length_is_cut(length: int) -> None:
    long = "n" * length
    whole = made(
        article.planned(cluster=long, left_out={long: long}),
        None,
        replace(PUSH, commands=(long,), notices=(long,)),
    )
    assert len(markdown.markdown(whole)) < 30_000
    assert len(page.page(whole)) < 60_000


def test_what_goes_on_as_an_artifact_is_no_template_and_cut() -> None:
    text = markdown.artifact(markdown.markdown(hostile()))
    assert not re.search(r"\{[{%#]", text)
    whole = markdown.artifact("x" * 50_000)
    assert len(whole) < 31_000
    assert "50000 characters in all; the file change.md has them" in whole


def test_the_short_form_is_a_few_lines() -> None:
    assert list(markdown.short(made()))[:2] == [
        "resets: none but those of the mesh, with the cut",
        "time: 3.0 min to 5.5 min of waiting",
    ]
