# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The prefix-list of a cluster, brought to its meaning."""

from __future__ import annotations

from dataclasses import replace

from ..config.prefix_list import PrefixRule, is_numbered
from .ownership import Ownership


def prefix_lines(owned: Ownership) -> list[str]:
    """Lines that bring the prefix-list to its meaning; it is never empty in between.

    Where all rules permit, their order means nothing: missing ones are added first, others removed then.
    From a list that may be somebody's nothing is removed (Ownership.list_is_theirs).
    """
    name, rules = owned.want.prefix_list, owned.want.rules
    old = list(owned.have.prefix_lists.get(name, ()))
    if [rule.meaning for rule in old] == [rule.meaning for rule in rules]:
        return []
    if old and all(rule.action == "permit" for rule in (*old, *rules)):
        lines = _permits_changed(name, old, rules)
        return [line for line in lines if not (owned.list_is_theirs and line.startswith("no "))]
    removed = [f"no {rule.line(name)}" for rule in old]
    return removed + [rule.line(name) for rule in rules]


def _permits_changed(name: str, old: list[PrefixRule], wanted: tuple[PrefixRule, ...]) -> list[str]:
    """Lines that change a list of permits, whose order means nothing.

    Where the router shows no sequence numbers, it gives the new rules theirs.
    """
    meanings = {rule.meaning for rule in wanted}
    kept = {rule.meaning for rule in old if rule.meaning in meanings}
    taken = {rule.seq for rule in old}
    lines = []
    for rule in wanted:
        if rule.meaning in kept:
            continue
        kept.add(rule.meaning)
        seq = rule.seq if rule.seq not in taken else max(found or 0 for found in taken) // 5 * 5 + 5
        seq = seq if is_numbered(old) else None
        taken.add(seq)
        lines.append(replace(rule, seq=seq).line(name))
    return lines + [f"no {rule.line(name)}" for rule in old if rule.meaning not in meanings]
