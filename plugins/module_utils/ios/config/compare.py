# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether two configurations mean the same: what runs, and what a reload would bring back, for example.

Compared is everything that is read, by its statements in canonical form: every neighbour, group and template
of every table, every address family, every statement of the process, passwords by their clear text where it
can be known, lines that are not known as text, prefix-lists by what they match in which order, route-maps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...model.family import IPV4
from ..text import mask
from .records import ROUTER, BgpProcess, RunningConfig

_SHOWN = 3


def differences(
    running: RunningConfig, startup: RunningConfig, names: tuple[str, str] = ("running", "startup")
) -> tuple[str, ...]:
    """What differs, as sentences without secrets; empty when both mean the same.

    Args:
        running, startup: what is compared.
        names: what the sentences call them.
    """
    found = list(_process_differences(running.bgp, startup.bgp, names))
    for name in sorted({*running.prefix_lists, *startup.prefix_lists}):
        ours = [rule.meaning for rule in running.prefix_lists.get(name, ())]
        if ours != [rule.meaning for rule in startup.prefix_lists.get(name, ())]:
            found.append(f"{IPV4.prefix_list} {name} is not {_same_words(names)}")
    ours_by_name, theirs_by_name = running.filters.route_maps, startup.filters.route_maps
    for name in sorted({*ours_by_name, *theirs_by_name}):
        if ours_by_name.get(name) != theirs_by_name.get(name):
            found.append(f"route-map {name} is not {_same_words(names)}")
    unread, others = ({line.text for line in one.unread if not line.where} for one in (running, startup))
    for line in sorted(unread ^ others):
        found.append(f"{line!r} is in the {names[0] if line in unread else names[1]} configuration alone")
    return tuple(found)


def _same_words(names: tuple[str, str]) -> str:
    return "saved as it runs" if names == ("running", "startup") else f"the same in {names[0]} and {names[1]}"


def _process_differences(
    running: BgpProcess | None, startup: BgpProcess | None, names: tuple[str, str]
) -> Iterator[str]:
    if running is None or startup is None:
        if running is not startup:
            there, missing = names if running else names[::-1]
            yield f"router bgp is in the {there} configuration and not in the {missing} one"
        return
    if running.asn != startup.asn:
        yield f"router bgp is not {_same_words(names)}: AS {running.asn_text}, and {startup.asn_text}"
    ours, theirs = running.meaning(), startup.meaning()
    if ours == theirs:
        return
    found: dict[str, tuple[list[str], list[str]]] = {}
    for at, statements in enumerate((ours - theirs, theirs - ours)):
        for context, owner, statement in statements:
            found.setdefault(_subject(context, owner), ([], []))[at].append(statement)
    for subject in sorted(found):
        alone = (
            f"{_listed(statements)} in the {name} configuration alone"
            for name, statements in zip(names, found[subject])
            if statements
        )
        yield f"{subject} is not {_same_words(names)}: {'; '.join(alone)}"


def _subject(context: str, owner: str) -> str:
    place = "" if context in (ROUTER, IPV4.name) else context
    if owner:
        return f"neighbor {owner} in {place}" if place else f"neighbor {owner}"
    # A template and a block name themselves.
    head = "" if not place or place.startswith(("template ", ROUTER)) else "address-family "
    return " / ".join(part for part in ("router bgp", f"{head}{place}") if part)


def _listed(statements: Iterable[str]) -> str:
    shown = sorted(mask(statement) if statement else "the address family itself" for statement in statements)
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(f"`{statement}`" for statement in shown[:_SHOWN]) + more
