# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory says of a route reflector: host variables into a record."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from .model.family import IPV4
from .model.plan import Reflector

#: What the variables of the role begin with.
PREFIX = "cisco_rr_"
#: What the role has where the inventory says nothing, and the module has not.
OPTIONS: Mapping[str, Any] = {"graceful_restart": {"restart_time": 120, "stalepath_time": 360}}
#: Where a router's SSH listens, where the inventory says nothing.
SSH = 22
#: IOS's own hold time, and Calico's and IOS's restart time, where the inventory says nothing.
HOLD = 180
RESTART_TIME = 120


def reflector(name: str, variables: Mapping[str, Any]) -> Reflector:
    """A reflector out of the few host variables that the plan needs.

    >>> reflector("rr1", {"ansible_host": "192.0.2.1", "cisco_rr_timers": {"hold": 30}}).hold
    30
    """
    timers = variables.get("cisco_rr_timers") or {}
    restart = variables.get("cisco_rr_graceful_restart") or {}
    return Reflector(
        host=name,
        addresses={
            IPV4.name: str(variables.get("cisco_rr_address") or variables.get("ansible_host") or name)
        },
        hold=hold_time(timers),
        keepalive=int(timers.get("keepalive") or 0),
        restart_time=int(restart.get("restart_time", RESTART_TIME)),
        password=_text(variables.get("cisco_rr_password")) != "",
        node_selector=_text(variables.get("calico_plan_node_selector")),
        may_learn=tuple(map(_learner, _list(variables.get("cisco_rr_may_learn")))),
    )


def _list(value: Any) -> list[Any]:
    """A list as an option of that type takes it: words between commas are one, too."""
    if isinstance(value, str):
        return [word for word in value.split(",") if word.strip()]
    return list(value or ())


def _learner(value: object) -> str:
    """An address, a range or a process, in the form in which a router has it.

    >>> _learner("10.9.7.0/16"), _learner("2001:DB8::0:1"), _learner("OSPF  1")
    ('10.9.0.0/16', '2001:db8::1', 'ospf 1')
    """
    text = " ".join(str(value).split())
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        word, blank, rest = text.partition(" ")
        return word.lower() + blank + rest
    return str(found) if "/" in text else str(found.network_address)


def connection(name: str, variables: Mapping[str, Any]) -> str:
    """Where a router is reached, host and port.

    >>> connection("rr1", {"ansible_host": "192.0.2.1"}), connection("rr1", {"ansible_port": 2022})
    ('192.0.2.1:22', 'rr1:2022')
    """
    return f"{variables.get('ansible_host') or name}:{variables.get('ansible_port') or SSH}"


def options(variables: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """What the role cisco_rr gives its module of `names`, as far as anybody says it.

    >>> options({"cisco_rr_passive": False}, ["passive", "save"])
    {'graceful_restart': {'restart_time': 120, 'stalepath_time': 360}, 'passive': False}
    """
    said = {name: variables.get(PREFIX + name) for name in names}
    return {**OPTIONS, **{name: value for name, value in said.items() if not _omitted(value)}}


def _omitted(value: object) -> bool:
    """Whether a variable says nothing; `default(omit)` leaves a mark (ansible-core before 2.19)."""
    return value is None or str(value).startswith("__omit_place_holder__")


def _text(value: object) -> str:
    """A value as an option of type str takes it; only None and "" are none, 0 and false are words there."""
    return "" if value is None else str(value)


def hold_time(timers: Mapping[str, Any]) -> int:
    """The hold time in seconds as the push sets it: given, or three times the keepalive, or IOS's own.

    >>> hold_time({"keepalive": 10}), hold_time({})
    (30, 180)
    """
    keepalive = timers.get("keepalive")
    return int(timers.get("hold") or (3 * int(keepalive) if keepalive else HOLD))
