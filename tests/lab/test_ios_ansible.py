# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unmodified cisco.ios modules against the IOS front, over both SSH libraries."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.ios import Router, Server, serve

ANSIBLE = Path(sys.executable).with_name("ansible-playbook")
pytestmark = [pytest.mark.lab, pytest.mark.skipif(not ANSIBLE.exists(), reason=f"needs {ANSIBLE}")]

GROUP = """\
      - neighbor CALICO peer-group
      - neighbor CALICO remote-as 64512
      - neighbor CALICO transport connection-mode passive
      - neighbor 192.168.1.10 peer-group CALICO
"""
PLAY = f"""\
- hosts: all
  gather_facts: false
  tasks:
    - cisco.ios.ios_facts:
        gather_subset: [min]
        gather_network_resources: [bgp_global]
    - cisco.ios.ios_config: &configuration
        parents: router bgp 64512
        lines:
{GROUP.replace("      - ", "          - ")}
      register: first
    - cisco.ios.ios_config: *configuration
      register: second
    - cisco.ios.ios_command:
        commands: show ip bgp summary
        wait_for: result[0] contains 192.168.1.10
        interval: 1
      register: summary
    - cisco.ios.ios_config:
        save_when: modified
      register: saved
    - cisco.ios.ios_config:
        save_when: modified
      register: saved_again
    - cisco.ios.ios_config:
        lines: [frobnicate]
      register: refused
      ignore_errors: true
    - ansible.builtin.copy:
        dest: "{{{{ report }}}}"
        mode: "0600"
        content: "{{{{ {{'first': first, 'second': second, 'summary': summary.stdout, 'saved': saved.changed,
          'saved_again': saved_again.changed, 'refused': refused.msg | default(''),
          'facts': ansible_facts}} | to_json }}}}"
      delegate_to: localhost
"""
CONFIRM = """\
- hosts: all
  gather_facts: false
  tasks:
    - cisco.ios.ios_config:
        parents: router bgp 64512
        lines: [bgp cluster-id 1]
    - cisco.ios.ios_command:
        commands: [show archive config rollback timer, configure confirm, show archive config rollback timer]
      register: shown
    - ansible.builtin.copy:
        dest: "{{ report }}"
        mode: "0600"
        content: "{{ shown.stdout | to_json }}"
      delegate_to: localhost
"""


@dataclass
class Front:
    router: Router
    server: Server
    loop: asyncio.AbstractEventLoop


@pytest.fixture
def front(bgpds: Path, tmp_path: Path) -> Iterator[Front]:
    router = Router(bgpds / "rr/bgpd.vty", users={"admin": "secret"}, user_mode=True)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = serve(router, "127.0.0.1", 0, tmp_path / "host_key")
    server = asyncio.run_coroutine_threadsafe(serving, loop).result(10)
    try:
        yield Front(router, server, loop)
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        router.close()
        router.stop_bgp()


def _play(front: Front, directory: Path, text: str, **variables: object) -> Any:
    report = directory / "report.json"
    (directory / "play.yml").write_text(text)
    host = {
        "ansible_host": "127.0.0.1",
        "ansible_port": front.server.port,
        "ansible_user": "admin",
        "ansible_password": "secret",
        "ansible_become": True,
        "ansible_become_method": "enable",
        "ansible_become_password": "lab",
        "ansible_connection": "ansible.netcommon.network_cli",
        "ansible_network_os": "cisco.ios.ios",
        "ansible_host_key_checking": False,
        "ansible_buffer_read_timeout": 0,
        "ansible_python_interpreter": sys.executable,
        "report": str(report),
        **variables,
    }
    local: dict[str, object] = {"ansible_connection": "local", "ansible_become": False}
    local["ansible_python_interpreter"] = sys.executable
    inventory = {"all": {"hosts": {"rr1": host}}, "here": {"hosts": {"localhost": local}}}
    (directory / "hosts.json").write_text(json.dumps(inventory))
    own = {"HOME": str(directory), "ANSIBLE_HOME": str(directory / "ansible"), "ANSIBLE_NOCOLOR": "1"}
    finished = subprocess.run(
        [ANSIBLE, "-i", "hosts.json", "--limit", "rr1", "play.yml"],
        cwd=directory,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return json.loads(report.read_text())


def test_the_modules_configure_the_router_once(front: Front, tmp_path: Path) -> None:
    result = _play(front, tmp_path, PLAY, ansible_network_cli_ssh_type="libssh")
    assert result["first"]["changed"]
    assert not result["second"]["changed"]
    assert "192.168.1.10    4        64512" in result["summary"][0]
    assert (result["saved"], result["saved_again"]) == (True, False)
    assert "Invalid input detected" in result["refused"]
    facts = result["facts"]
    assert (facts["net_hostname"], facts["net_version"]) == ("rr1", "15.9(3)M6")


def test_the_modules_own_revert_timer_is_understood(front: Front, tmp_path: Path) -> None:
    pytest.importorskip("paramiko")
    variables = {"ansible_network_cli_ssh_type": "paramiko", "ansible_ios_commit_confirm_timeout": 5}
    pending, _, after = _play(front, tmp_path, CONFIRM, **variables)
    assert "Timer value: 5 min" in pending
    assert after == "%No Rollback Confirmed Change pending"
    assert " bgp cluster-id 1\n" in front.router.running_config()
