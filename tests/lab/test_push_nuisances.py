# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pushes through the real network_cli to an imitated router that is at its most unpleasant."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.intent import Client
from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.change.plan import plan_change
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import push as push_utils
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from lab.ios import Router
from lab.ios.nuisances import BUSY, Countdown, Lock, LogMessages, Refusal
from lab.ios.shell import Session
from lab.ios.terminal import Terminal
from tests.helpers import article, wanted
from tests.helpers.front import ANSIBLE, Front, play, served
from tests.helpers.waiting import wait

pytestmark = [pytest.mark.lab, pytest.mark.skipif(not ANSIBLE.exists(), reason=f"needs {ANSIBLE}")]

SECRET = "hunter2secret"
LIBRARIES = ["libssh", "paramiko"]
CLIENTS = 40
#: Lines typed in configuration mode before the first one that counts: it is left once, to note whose the
#: revert timer is.
FIRST = 1


@pytest.fixture
def front(bgpds: Path, tmp_path: Path) -> Iterator[Front]:
    router = Router(bgpds / "rr/bgpd.vty", users={"admin": "secret"})
    with served(router, tmp_path) as made:
        yield made


@pytest.fixture
def bare(bgpds: Path, tmp_path: Path) -> Iterator[Front]:
    """A router without an archive."""
    router = Router(bgpds / "rr/bgpd.vty", users={"admin": "secret"}, archive=False)
    with served(router, tmp_path) as made:
        yield made


def push(front: Front, directory: Path, clients: int = CLIENTS, **arguments: Any) -> dict[str, Any]:
    """What the push recorded, with the result of the task; `ssh_type` and `timeout` are the connection's."""
    small = article.planned()
    one = small.sessions[0]
    sessions = tuple(
        replace(one, node=f"node-{at}", node_address=f"10.1.{at // 200}.{at % 200 + 1}")
        for at in range(clients)
    )
    plan = rundir.write(directory / rundir.PLAN, to_data(replace(small, sessions=sessions)))
    connection = {
        "ansible_network_cli_ssh_type": arguments.pop("ssh_type", "libssh"),
        "ansible_command_timeout": arguments.pop("timeout", 15),
    }
    options = {
        "plan": str(plan),
        "cluster_id": "1",
        "timers": {"keepalive": 3, "hold": 9},
        "password": SECRET,
        **arguments,
    }
    tasks = [
        {"telco.calico_bgp.ios_bgp_reflector": options, "register": "push"},
        {
            "ansible.builtin.copy": {
                "dest": str(directory / "result.json"),
                "mode": "0600",
                "content": "{{ push | to_json }}",
            },
            "delegate_to": "localhost",
        },
    ]
    text = json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}])
    finished = play(front, directory, text, **connection)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert SECRET not in finished.stdout + finished.stderr
    result: dict[str, Any] = json.loads((directory / "result.json").read_text())
    recorded = (directory / "push-rr1.json").read_text()
    assert SECRET not in recorded
    return result


@pytest.mark.parametrize("ssh_type", LIBRARIES)
def test_a_push_and_its_second_run(front: Front, tmp_path: Path, ssh_type: str) -> None:
    if ssh_type == "paramiko":
        pytest.importorskip("paramiko")
    result = push(front, tmp_path, ssh_type=ssh_type)
    assert (result["outcome"], result["msg"]) == ("applied", "")
    assert result["said"] == [
        "% Warning: A hold time of less than 20 seconds increases the chances of peer flapping"
    ]
    assert front.router.running_config().count(" peer-group CALICO\n") == CLIENTS
    assert front.router.archive.pending is None
    again = push(front, tmp_path, ssh_type=ssh_type)
    assert (again["outcome"], again["changed"]) == ("unchanged", False)


MESSAGES = {
    "within the lines": LogMessages("key", 7),
    "within the lines, which are printed again": LogMessages("key", 43, synchronous=True),
    "behind a prompt, which is printed again": LogMessages("line", 3, synchronous=True),
    "within the answers": LogMessages("answer", 4),
}


@pytest.mark.parametrize("messages", MESSAGES.values(), ids=MESSAGES)
def test_log_messages_in_between(front: Front, tmp_path: Path, messages: LogMessages) -> None:
    front.router.nuisances.log_messages = messages
    result = push(front, tmp_path, save=False)
    assert (result["outcome"], result["msg"]) == ("applied", "")
    assert front.router.running_config().count(" peer-group CALICO\n") == CLIENTS


@pytest.mark.parametrize("ssh_type", LIBRARIES)
def test_a_slow_router(front: Front, tmp_path: Path, ssh_type: str) -> None:
    if ssh_type == "paramiko":
        pytest.importorskip("paramiko")
    front.router.nuisances.slowness = 0.1
    result = push(front, tmp_path, 20, ssh_type=ssh_type)
    assert (result["outcome"], result["msg"]) == ("applied", "")


class Slow:
    """A connection like network_cli's straight to the router's terminal; each line takes a while."""

    def __init__(self, router: Router, seconds: float) -> None:
        self.terminal, self.seconds = Terminal(Session(router, "admin")), seconds
        self.terminal.session.length = 0

    def get_option(self, name: str) -> object:
        return "libssh" if name == "ssh_type" else 0.1

    def set_option(self, _name: str, _value: float) -> None:
        pass

    def get(self, command: str, **_questions: object) -> str:
        return self.send_command(command).partition("\n")[2].rpartition("\n")[0]

    def send_command(self, command: str, **_options: object) -> str:
        shown = []
        for line in command.split("\r"):
            time.sleep(self.seconds)
            shown.append(self.terminal.feed(f"{line}\r"))
        return "".join(shown)


@pytest.mark.parametrize(("winding", "outcome"), [(True, "applied"), (False, "reverted")])
def test_a_push_that_is_longer_than_its_timer(
    bgpds: Path, monkeypatch: pytest.MonkeyPatch, winding: bool, outcome: str
) -> None:
    """Minutes are short here. Where nobody winds the timer up it runs out, and that is said."""
    router = Router(bgpds / "rr/bgpd.vty", users={"admin": "secret"})
    router.archive.minute = 2.0
    monkeypatch.setattr(push_utils, "MINUTE", 2.0)
    if not winding:
        monkeypatch.setattr(push_utils.Guard, "is_due", property(lambda _self: False))
    monkeypatch.setattr(router_utils, "Connection", lambda _path: Slow(router, 0.03))
    asked = router_utils.Router(SimpleNamespace(socket_path="x"))
    clients = tuple(Client(f"10.1.0.{at}", f"n{at}") for at in range(1, 40))
    intent = replace(wanted.WANT, clients=clients)
    before, have = router.running_config(), asked.running()
    left = partial(plan_change, want=intent)
    pushing = push_utils.Pushing(
        asked, "rr1", have, left(have), left, push_utils.Guard(1), print, lambda: None, print
    )
    began = time.monotonic()
    found = pushing.run()
    assert time.monotonic() - began > 2.0
    assert (found.outcome, router.archive.pending) == (outcome, None)
    if winding:
        assert not left(asked.running()).commands
    else:
        assert re.search(r"[Ii]ts revert timer (had run out|of 1 minutes ran out)", found.detail)
        assert router.running_config() == before
    router.close()
    router.stop_bgp()


@pytest.mark.parametrize(
    ("ssh_type", "line"),
    [*(("libssh", line) for line in (1, 2, 21, 22, 60, 100)), ("paramiko", 1), ("paramiko", 22)],
)
def test_a_refused_line_is_found_in_its_block(front: Front, tmp_path: Path, line: int, ssh_type: str) -> None:
    if ssh_type == "paramiko":
        pytest.importorskip("paramiko")
    before = front.router.running_config()
    front.router.nuisances.refusals = [Refusal(FIRST + line)]
    result = push(front, tmp_path, ssh_type=ssh_type)
    assert result["outcome"] == "reverted", result["msg"]
    total = len(json.loads((tmp_path / "push-rr1.json").read_text())["commands"])
    assert result["msg"].startswith(f"it refused line {line} of {total}, ")
    assert "% Invalid input detected at '^' marker" in result["msg"]
    assert front.router.running_config() == before


@pytest.mark.parametrize("line", [1, 20, 115])
@pytest.mark.parametrize("kind", ["cut", "deafness"])
def test_a_router_that_is_lost_goes_back_and_the_next_run_repairs(
    front: Front, tmp_path: Path, line: int, kind: str
) -> None:
    before = front.router.running_config()
    front.router.archive.minute = 4.0
    setattr(front.router.nuisances, kind, Countdown(line))
    result = push(front, tmp_path, timeout=3, revert_minutes=1)
    assert result["outcome"] == "lost"
    assert result["msg"].endswith("; it goes back by itself within 1 minutes")
    setattr(front.router.nuisances, kind, None)
    wait(lambda: front.router.archive.pending is None, seconds=15)
    wait(lambda: front.router.running_config() == before)
    front.router.archive.minute = 60.0
    assert push(front, tmp_path)["outcome"] == "applied"


@pytest.mark.parametrize("line", [5, 60])
def test_a_router_without_an_archive_is_repaired_by_the_next_run(
    bare: Front, tmp_path: Path, line: int
) -> None:
    bare.router.nuisances.cut = Countdown(line)
    result = push(bare, tmp_path, timeout=3)
    assert result["outcome"] == "lost"
    assert result["msg"].endswith("; no archive takes the lines back")
    bare.router.nuisances.cut = None
    assert push(bare, tmp_path)["outcome"] == "applied"
    assert bare.router.running_config().count(" peer-group CALICO\n") == CLIENTS


def test_configuration_mode_that_is_locked(front: Front, tmp_path: Path) -> None:
    before = front.router.running_config()
    front.router.nuisances.lock = Lock()
    result = push(front, tmp_path)
    assert (result["outcome"], result["changed"]) == ("refused", False)
    assert "Configuration mode is locked by process '484' user 'netops'" in result["msg"]
    assert front.router.running_config() == before


@pytest.mark.parametrize(
    ("nuisance", "why"), [("saving_fails", BUSY.strip()), ("other_image", "it asks first, and was told no")]
)
def test_what_is_not_saved_is_not_called_saved(front: Front, tmp_path: Path, nuisance: str, why: str) -> None:
    setattr(front.router.nuisances, nuisance, True)
    result = push(front, tmp_path)
    assert result["outcome"] == "applied"
    assert why in result["msg"]
    setattr(front.router.nuisances, nuisance, False)
    assert push(front, tmp_path)["msg"] == ""
