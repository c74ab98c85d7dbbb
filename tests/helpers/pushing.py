# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The push to a reflector as a fixture, against a router in memory."""

from __future__ import annotations

import json
from types import SimpleNamespace
from unittest import mock

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import ios_bgp_reflector
from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.model.data import to_data
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import router as router_utils
from tests.helpers import article, held
from tests.helpers.devices import SECRET

#: What a router has for others.
FOREIGN = ["router bgp 64512", "neighbor 203.0.113.9 remote-as 64512"]


@pytest.fixture
def bring(tmp_path, monkeypatch):
    """Run the action against a device; gives Ansible's result, the recorded push and what was displayed."""
    shown = []
    display = SimpleNamespace(display=shown.append, warning=shown.append)
    monkeypatch.setattr(ios_bgp_reflector, "display", display)
    path = rundir.write(tmp_path / rundir.PLAN, to_data(article.planned()))
    held.hold(tmp_path)
    # Beside this directory lie those of other tests.
    monkeypatch.setattr(rundir, "begun_before", lambda _run, _host: None)

    def run(device, check_mode=False, diff=False, **arguments):
        monkeypatch.setattr(router_utils, "Connection", lambda _path: device)
        task = mock.MagicMock(check_mode=check_mode, async_val=0, diff=diff)
        task.args = {"plan": path, "cluster_id": "1", "timers": {"keepalive": 3, "hold": 9}, **arguments}
        connection = SimpleNamespace(socket_path="/run/socket", _shell=mock.MagicMock(tmpdir=None))
        action = ios_bgp_reflector.ActionModule(
            task, connection, mock.MagicMock(), mock.MagicMock(), mock.MagicMock(), mock.MagicMock()
        )
        result = action.run(task_vars={"inventory_hostname": "rr1"})
        pushed = rundir.read_pushes(tmp_path).get("rr1")
        everything = json.dumps([result, pushed and to_data(pushed), shown])
        assert SECRET not in everything
        return result, pushed, shown

    return run
