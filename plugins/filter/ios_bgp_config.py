# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter: the text of a running configuration into what it says about BGP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.ios.config.data import config_data
from ..module_utils.ios.config.running import COMMAND, read_running
from ..module_utils.ios.text import IosTextError


def ios_bgp_config(
    text: object, sections: bool = False, secrets: bool = False, command: str = COMMAND
) -> dict[str, Any]:
    """What a configuration says about BGP; see data.config_data."""
    if not isinstance(text, str):
        raise AnsibleFilterError(
            f"ios_bgp_config takes the text of a configuration, not {type(text).__name__}; of the result of"
            " cisco.ios.ios_command, that is stdout[0]"
        )
    try:
        return config_data(read_running(text, sections=sections, command=command), secrets=secrets)
    except IosTextError as error:
        raise AnsibleFilterError(f"ios_bgp_config: {error}") from error


class FilterModule:
    """Filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"ios_bgp_config": ios_bgp_config}
