# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is approved is what is sent: a plan holds how each reflector is reached and what it is to get."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ..module_utils import inventory
from ..module_utils.checks.findings import first
from ..module_utils.ios.change import plan as change
from ..module_utils.ios.change.intent import ReflectorIntent
from ..module_utils.ios.config.records import RunningConfig
from ..module_utils.model.data import canonical
from ..module_utils.model.plan import Plan
from ..modules import ios_bgp_reflector as documented
from .arguments import arguments

#: The options of a push that a plan holds. Which plan, and which way, the play says; a password is in none.
SPEC = {
    name: option
    for name, option in arguments(documented.DOCUMENTATION).items()
    if name not in ("plan", "state", "password")
}


def options(host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the role cisco_rr is given for a reflector with these host variables.

    Raises:
        ValueError: a variable is not what its option takes.
    """
    checked = ArgumentSpecValidator(SPEC).validate(inventory.options(variables, SPEC))
    if checked.error_messages:
        raise ValueError(f"route reflector {host}, {inventory.PREFIX}*: {'; '.join(checked.error_messages)}")
    return {name: checked.validated_parameters.get(name) for name in SPEC}


def lines(want: ReflectorIntent) -> str:
    """A SHA-256 over the lines for a router that has none of them yet; of a password, that there is one."""
    sent = change.plan_change(RunningConfig(), want, process_wide=True).masked
    return hashlib.sha256(canonical(list(sent))).hexdigest()


def differing(
    plan: Plan, host: str, given: Mapping[str, Any], variables: Mapping[str, Any], want: ReflectorIntent
) -> str:
    """In what a push differs from its plan, as a sentence; "" where in nothing, or it has no options."""
    planned = plan.reflector(host)
    if planned is None or not planned.options:
        return ""
    pairs = {
        "its address": (inventory.connection(host, variables), planned.connection),
        **{inventory.PREFIX + name: (given.get(name), planned.options.get(name)) for name in SPEC},
    }
    found = [f"{what} is {now!r} and was {then!r}" for what, (now, then) in pairs.items() if now != then]
    if not found and lines(want) != plan.lines.get(host):
        found = ["the lines are others for the same options"]
    if not found:
        return ""
    return (
        f"this is not what was planned: {first(found, '; ')}. Set it in the inventory, where the plan reads "
        "it, and run again from the plan on"
    )
