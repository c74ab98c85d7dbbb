# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is made with, and by whom where AWX says so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.release import __version__

ROOT = Path(__file__).parents[2]
#: What AWX gives each of its jobs as variables. Who approved in a workflow is none of it.
AWX = (
    "awx_job_id",
    "awx_job_launch_type",
    "awx_job_template_name",
    "awx_user_name",
    "awx_workflow_job_id",
    "awx_workflow_job_name",
)


def surroundings(variables: Mapping[str, Any]) -> dict[str, str]:
    """Versions of the collection and of ansible-core, and what AWX says of the job."""
    told = {name: str(variables[name]) for name in AWX if variables.get(name)}
    return {"collection": collection(), "ansible_core": __version__, **told}


def collection() -> str:
    """The version of this collection: of an installed one, or of a checkout; "" where neither says."""
    try:
        manifest = json.loads((ROOT / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(manifest["collection_info"]["version"])
    except (OSError, ValueError, KeyError):
        pass
    try:
        found = re.search(
            r"^version: *(\S+)$", (ROOT / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE
        )
    except OSError:
        return ""
    return found[1] if found else ""
