# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints `router bgp` in the forms IOS prints, out of what it means; the way back from the reader.

Nothing in the product prints a whole configuration, so this lives with the tests.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ansible_collections.telco.calico_bgp.plugins.module_utils.ios.text import address_or_none
from tests.helpers.fake_ios import type_7

Meaning = Iterable[tuple[str, str, str]]
NO_DEFAULT = ("router", "", "no bgp default ipv4-unicast")
AS_NUMBER = re.compile(r"((?:remote-as|local-as|confederation identifier|confederation peers) )(\d+)")
# Lines of the process that belong to IPv4 unicast and stand above its neighbours.
FIRST = ("bgp ", "network ", "aggregate-address ", "redistribute ")


@dataclass(frozen=True)
class Form:
    """The choices IOS has for the same thing.

    Attributes:
        flat: IPv4 unicast under `router bgp`, where nothing stands against it.
        deep: lines of a family stand in further than its head; 12.x does without.
        asdot: AS numbers above 65535 with a dot.
        salt: of type 7 passwords; None shows clear text.
        defaults: what `show running-config all` adds.
    """

    flat: bool = False
    deep: bool = True
    asdot: bool = False
    salt: int | None = None
    defaults: bool = False


def render(asn: int, meaning: Meaning, form: Form = Form()) -> str:
    """The section, from `router bgp` on."""
    statements = set(meaning)
    printer = _Printer(statements, form)
    return "\n".join([f"router bgp {printer.number(asn)}", *printer.lines(), ""])


class _Printer:
    def __init__(self, statements: set[tuple[str, str, str]], form: Form) -> None:
        self.form = form
        self.default = NO_DEFAULT not in statements
        self.contexts: dict[str, list[tuple[str, str]]] = {"router": [], "ipv4": []}
        for context, owner, statement in sorted(statements):
            self.contexts.setdefault(context, []).append((owner, statement))
        self.families = [name for name in self.contexts if self._is_family(name)]
        self.flat = form.flat and self.default and not self.families

    @staticmethod
    def _is_family(name: str) -> bool:
        return name not in ("router", "ipv4") and " / " not in name and not name.startswith("template ")

    def number(self, asn: int) -> str:
        return f"{asn >> 16}.{asn & 65535}" if self.form.asdot and asn > 65535 else str(asn)

    def lines(self) -> Iterator[str]:
        for name in [name for name in self.contexts if name.startswith("template ")]:
            if " / " not in name:
                yield from self._template(name)
        yield from (f" {line}" for line in self._all_defaults())
        yield from self._block("router", " ")
        if self.flat:
            yield from self._block("ipv4", " ")
            return
        if self.contexts["ipv4"] or not self.default or self.families:
            yield from self._family("ipv4")
        for name in self.families:
            yield from self._family(name)

    def _template(self, name: str) -> Iterator[str]:
        yield f" {name}"
        yield from (f"  {self._shown(line)}" for _owner, line in self.contexts[name] if line != name)
        yield f" exit-{name.split()[1]}"
        yield " !"

    def _all_defaults(self) -> Iterator[str]:
        if self.form.defaults:
            yield from (
                "no synchronization",
                "bgp fast-external-fallover",
                "bgp scan-time 60",
                "no auto-summary",
            )
            if not any(line.startswith("timers bgp") for _owner, line in self.contexts["router"]):
                yield "timers bgp 60 180 0"
            if not any("listen limit" in line for _owner, line in self.contexts["router"]):
                yield "bgp listen limit 100"

    def _family(self, name: str) -> Iterator[str]:
        yield " !"
        yield f" address-family {name}{' unicast' if name == 'rtfilter' else ''}"
        yield from self._block(name, "  " if self.form.deep else " ")
        yield " exit-address-family"

    def _block(self, context: str, margin: str) -> Iterator[str]:
        found = self.contexts.get(context, [])
        process = [statement for owner, statement in found if not owner and statement]
        for statement in sorted(process, key=lambda one: (not one.startswith(FIRST), one)):
            yield f"{margin}{self._shown(statement)}"
            for _owner, child in self.contexts.get(f"{context} / {statement}", []):
                yield f"{margin} {child}"
        owners: dict[str, list[str]] = {}
        if context == "ipv4" and not self.flat and self.default:
            for owner, _statement in self.contexts["router"]:
                if owner and address_or_none(owner):
                    owners[owner] = []
        for owner, statement in found:
            if owner:
                owners.setdefault(owner, []).append(statement)
        for owner in sorted(owners, key=_order):
            for line in self._of_neighbor(context, owner, owners[owner]):
                negation = "no " if line.startswith("no ") else ""
                yield f"{margin}{negation}neighbor {_name(owner)} {line.removeprefix('no ')}"

    def _of_neighbor(self, context: str, owner: str, statements: list[str]) -> Iterator[str]:
        lines = list(statements)
        if context == "ipv4" and not self.flat and self.default and address_or_none(owner):
            lines += [] if "no activate" in lines else ["activate"]
        if {"send-community", "send-community extended"} <= set(lines):
            lines = [line for line in lines if not line.startswith("send-community")] + [
                "send-community both"
            ]
        if self.form.defaults and context == "ipv4" and not any(line.startswith("weight") for line in lines):
            lines.append("weight 0")
        first = ("peer-group", "remote-as", "peer-group ")
        yield from map(self._shown, sorted(lines, key=lambda one: (not one.startswith(first), one)))

    def _shown(self, statement: str) -> str:
        if statement.startswith("password 0 "):
            return f"password {self._secret(statement[11:])}"
        if self.form.asdot:
            return AS_NUMBER.sub(lambda found: found[1] + self.number(int(found[2])), statement)
        return statement

    def _secret(self, clear: str) -> str:
        if self.form.salt is not None:
            return f"7 {type_7(clear, self.form.salt)}"
        return f"0 {clear}" if re.match(r"\d ", clear) else clear


def _name(owner: str) -> str:
    """IOS prints IPv6 in capitals."""
    return owner.upper() if ":" in owner and "%" not in owner else owner


def _order(name: str) -> tuple[int, int, str]:
    address = address_or_none(name)
    if address is None:
        return 0, 0, name
    number = ipaddress.ip_address(address.partition("%")[0])
    return number.version, int(number), name
