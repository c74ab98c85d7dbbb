# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the page of a run from its directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ..module_utils import rundir
from ..modules import bgp_page as documented
from ..plugin_utils.arguments import arguments
from ..plugin_utils.page import reading

ARGUMENTS = arguments(documented.DOCUMENTATION)


class ActionModule(ActionBase):
    """Changed where the page was not there or was another one; in check mode it is left as it is."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, args = self.validate_argument_spec(ARGUMENTS)
        run = Path(args["directory"]).absolute()
        path = run / reading.PAGE
        try:
            rundir.refuse_foreign(run)
            text = reading.page(run).encode("utf-8")
            changed = not path.is_file() or path.read_bytes() != text
            if changed and not self._task.check_mode:
                rundir.write_bytes(path, text)
        except rundir.RunDirectoryError as exc:
            raise AnsibleError(
                f"{exc}. Give directory the directory of a run, which has a {rundir.RESULT}"
            ) from None
        except OSError as exc:
            raise AnsibleError(f"{path}: the page cannot be written there ({exc.strerror})") from None
        return {"changed": changed, "path": str(path), "size": len(text)}
