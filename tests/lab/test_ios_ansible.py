# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unmodified cisco.ios modules against the IOS front, over both SSH libraries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.ios import Router
from tests.helpers.front import ANSIBLE, Front, play, served

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


@pytest.fixture
def front(bgpds: Path, tmp_path: Path) -> Iterator[Front]:
    router = Router(bgpds / "rr/bgpd.vty", users={"admin": "secret"}, user_mode=True)
    with served(router, tmp_path) as made:
        yield made


def _play(front: Front, directory: Path, text: str, **variables: object) -> Any:
    report = directory / "report.json"
    finished = play(front, directory, text, report=str(report), ansible_buffer_read_timeout=0, **variables)
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
