# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a run: its directory on the controller, where plan, observations and the result lie."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase

from ..module_utils import rundir
from ..modules import bgp_run as documented
from ..plugin_utils.arguments import arguments

ARGUMENTS = arguments(documented.DOCUMENTATION)


class ActionModule(ActionBase):
    """Bookkeeping: never changed, and done in check mode as well."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, args = self.validate_argument_spec(ARGUMENTS)
        directory = rundir.create(args["directory"], args["cluster"])
        return {"changed": False, "directory": str(directory), "started": time.time()}
