# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An action plugin with its options, and nothing of Ansible's behind it."""

from __future__ import annotations

from types import SimpleNamespace
from unittest import mock


def action(module, arguments, *, check_mode=False):
    """An action plugin with its options, and nothing of Ansible's behind it."""
    task = mock.MagicMock(check_mode=check_mode, async_val=0, args=arguments)
    connection = SimpleNamespace(socket_path="x", _shell=mock.MagicMock(tmpdir=None))
    rest = [mock.MagicMock(name=name) for name in ("play_context", "loader", "templar", "shared")]
    return module.ActionModule(task, connection, *rest)
