# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two reflectors on the lab: only the preflight knows of a limit of one, and here it is told otherwise.

The collection has no switch for that, so the runs take a copy of it with another number in it.
"""

from __future__ import annotations

import pytest

from tests.helpers.kube import CALICO
from tests.helpers.labs import SHORT, Lab, Run
from tools.sanity import copy_tracked

pytestmark = pytest.mark.lab

PEERS = ["peer-to-external-rr", "peer-to-external-rr-rr2"]
LIMIT = "MOST_REFLECTORS = {}\n"


@pytest.fixture(scope="module")
def reflectors() -> int:
    """Two."""
    return 2


@pytest.fixture(scope="module", name="told")
def _told(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The lab, and playbooks whose preflight lets two reflectors pass."""
    root = tmp_path_factory.mktemp("collections")
    copy = root / "ansible_collections/telco/calico_bgp"
    copy_tracked(copy)
    preflight = copy / "plugins/module_utils/checks/preflight.py"
    text = preflight.read_text()
    assert LIMIT.format(1) in text
    preflight.write_text(text.replace(LIMIT.format(1), LIMIT.format(2)))
    lab.environment["ANSIBLE_COLLECTIONS_PATH"] = str(root)
    return lab


def objects(lab: Lab, kind: str) -> list[str]:
    """Names of the Calico objects of a kind."""
    items = lab.api.request("GET", f"{CALICO}/{kind}").json()["items"]
    return sorted(item["metadata"]["name"] for item in items)


def test_without_that_a_second_reflector_is_refused(lab: Lab) -> None:
    run = lab.play("site")
    assert run.status == 2
    assert "expected one route reflector in the inventory, found 2" in run.text


def test_site_moves_the_cluster_to_both(told: Lab) -> None:
    run = told.play("site", **SHORT)
    assert run.status == 0, run.output
    assert run.result["outcome"] == "cut"
    assert run.result["plan"]["sessions"] == 6
    assert table(run) == [
        (node, reflector, "Established", "Established")
        for node in ("node-a", "node-b", "node-c")
        for reflector in ("rr1", "rr2")
    ]
    assert told.sessions() == {"mesh": 0, "reflector": 6}
    assert objects(told, "bgppeers") == PEERS
    assert objects(told, "bgpfilters") == PEERS[:1]
    planned = [(each["kind"], each["name"]) for each in run.result["plan"]["objects"]]
    assert planned == [
        ("BGPConfiguration", "default"),
        ("BGPFilter", PEERS[0]),
        *(("BGPPeer", name) for name in PEERS),
    ]
    assert list(run.directory.glob("object-*")) == [], "what is written is read from no file"


def table(run: Run) -> list[tuple[str, str, str, str]]:
    """The rows that the run showed: node, reflector, and what both say."""
    rows = [line.split() for line in run.output.splitlines() if line.startswith("node-") and " (" in line]
    return [(row[0], row[2], row[4], row[5]) for row in rows if len(row) == 8]


def test_a_second_run_changes_nothing(told: Lab) -> None:
    run = told.play("site", **SHORT)
    assert (run.status, set(run.changed.values())) == (0, {0}), run.output


def test_rollback_leaves_nothing_of_either(told: Lab) -> None:
    run = told.play("rollback")
    assert (run.status, run.result["outcome"]) == (0, "rolled_back"), run.output
    assert told.sessions() == {"mesh": 6, "reflector": 0}
    assert objects(told, "bgppeers") == objects(told, "bgpfilters") == []
    for name in ("rr1", "rr2"):
        shown = told.router("show running-config", name=name)
        assert "router bgp" not in shown
        assert "CALICO" not in shown
