# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A router's configuration in memory: takes lines as IOS does, and prints them in the forms IOS prints."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

KEY = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87"
SESSION = (
    "remote-as",
    "peer-group",
    "description",
    "password",
    "update-source",
    "timers",
    "transport",
    "shutdown",
    "ha-mode",
    "ao",
)
#: What excludes what, of one neighbour or group.
EXCLUDED = {
    "password": "ao",
    "ao": "password",
    "route-reflector-client": "advertise best-external",
    "advertise best-external": "route-reflector-client",
}
#: Statements that stand beside each other by their second word.
BESIDE = ("prefix-list", "route-map", "ha-mode", "advertise")


def type_7(clear: str, salt: int) -> str:
    """A password as `service password-encryption` shows it."""
    return f"{salt:02d}" + "".join(
        f"{ord(character) ^ KEY[(salt + place) % len(KEY)]:02X}" for place, character in enumerate(clear)
    )


class RefusedLine(Exception):
    """IOS would have answered with an error."""


@dataclass
class FakeIos:
    """Layouts: `flat` prints address-family lines under `router bgp`, `encrypt` prints type 7."""

    flat: bool = False
    encrypt: bool = False
    asn: str = ""
    process: dict[str, str] = field(default_factory=dict)
    neighbors: dict[str, dict[str, str]] = field(default_factory=dict)
    prefix_lists: dict[str, dict[int, str]] = field(default_factory=dict)
    route_maps: dict[str, list[str]] = field(default_factory=dict)
    unfiltered: list[str] = field(default_factory=list)
    family: dict[str, str] = field(default_factory=dict)
    mode: str = ""
    salt: int = 0

    def configure(self, lines: tuple[str, ...] | list[str]) -> None:
        """Take lines as after `configure terminal`."""
        self.mode = ""
        for line in lines:
            self.take(line.strip())

    def take(self, line: str) -> None:
        words = line.split()
        negated = words[0] == "no"
        body = words[1:] if negated else words
        if body[:2] == ["ip", "prefix-list"]:
            self.mode = ""
            self._prefix_list(body, negated)
        elif body[:2] == ["router", "bgp"]:
            self._router(body[2], negated)
        elif body[0] == "route-map":
            self.mode = "" if negated else line
            if negated:
                del self.route_maps[body[1]]
            else:
                self.route_maps.setdefault(body[1], []).append(line)
        elif line == "exit":
            self.mode = "bgp" if self.mode == "ipv4" else ""
        elif self.mode.startswith("route-map "):
            self.route_maps[self.mode.split()[1]].append(f" {line}")
        elif not self.mode:
            raise RefusedLine(line)
        elif body[0] == "address-family":
            self.mode = "ipv4"
        elif line == "exit-address-family":
            self.mode = "bgp"
        elif body[0] == "neighbor":
            self._neighbor(body, negated, line)
        elif body[:2] == ["bgp", "additional-paths"]:
            if self.mode != "ipv4":
                raise RefusedLine(line)
            self.family[" ".join(body[:2])] = line
        elif body[0] == "table-map":
            if self.mode != "ipv4":
                raise RefusedLine(line)
            self.family.pop(body[0], None)
            if not negated:
                self.family[body[0]] = line
        else:
            key = " ".join(body[:3] if body[1] in ("graceful-restart", "default") else body[:2])
            self.process.pop(key, None)
            if not negated or body[1] == "default":
                self.process[key] = line

    def _router(self, asn: str, negated: bool) -> None:
        if self.asn and asn != self.asn:
            raise RefusedLine(f"BGP is already running; AS is {self.asn}")
        if negated:
            self.asn, self.mode = "", ""
            self.process.clear()
            self.neighbors.clear()
            self.family.clear()
        else:
            self.asn, self.mode = asn, "bgp"

    def _prefix_list(self, body: list[str], negated: bool) -> None:
        rules = self.prefix_lists.setdefault(body[2], {})
        if negated:
            if len(body) == 3:
                rules.clear()
            else:
                del rules[int(body[4])]
        elif int(body[4]) in rules:
            raise RefusedLine("% Insertion failed - seq # exists")
        else:
            rules[int(body[4])] = " ".join(body[5:])
        if not rules:
            del self.prefix_lists[body[2]]

    def _neighbor(self, body: list[str], negated: bool, line: str) -> None:
        name, rest = body[1], body[2:]
        if negated and (not rest or rest == ["peer-group"]):
            self._forget(name)
            return
        second = rest[-1 if rest[0] in ("prefix-list", "route-map") else 1] if rest[0] in BESIDE else ""
        key = f"{rest[0]} {second}".rstrip()
        if name not in self.neighbors and rest[0] not in ("remote-as", "peer-group"):
            raise RefusedLine("% Specify remote-as or peer-group commands first")
        if key == "peer-group" and len(rest) > 1 and rest[1] not in self.neighbors:
            raise RefusedLine("% Peer-group does not exist")
        if rest[0] in SESSION and self.mode == "ipv4" and key != "peer-group":
            raise RefusedLine("% General session commands not allowed under the address family")
        settings = self.neighbors.setdefault(name, {})
        if not negated and (
            EXCLUDED.get(key) in settings or (key == "timers" and settings.get("peer-group"))
        ):
            raise RefusedLine(f"% {line}: not beside what is there")
        before = settings.get(key)
        if negated:
            settings.pop(key, None)
            if key == "activate":
                settings["no activate"] = ""
        else:
            settings[key] = line.split(None, 3)[3] if len(rest) > 1 else ""
            if key == "send-community":
                settings[key] = self._communities(before, settings[key])
            if key == "activate":
                settings.pop("no activate", None)
        self._note_unfiltered(name)

    @staticmethod
    def _communities(before: str | None, value: str) -> str:
        """Both kinds are printed as one line, the standard one without a word."""
        kinds = {found or "standard" for found in (before, value) if found is not None}
        return "both" if len(kinds) > 1 or "both" in kinds else "" if kinds == {"standard"} else "extended"

    def _forget(self, name: str) -> None:
        self.neighbors.pop(name, None)
        for member in [other for other, found in self.neighbors.items() if found.get("peer-group") == name]:
            del self.neighbors[member]

    def active(self, name: str) -> bool:
        settings = self.neighbors[name]
        default = "bgp default ipv4-unicast" not in self.process
        return "activate" in settings or (default and "no activate" not in settings)

    def setting(self, name: str, key: str) -> str | None:
        """A setting of a neighbour, or of its group."""
        own = self.neighbors[name]
        return own.get(key, self.neighbors.get(own.get("peer-group", ""), {}).get(key))

    def _note_unfiltered(self, name: str) -> None:
        if name[0].isdigit() and self.active(name):
            for direction in ("in", "out"):
                filtered_by = self.setting(name, f"prefix-list {direction}") or ""
                if filtered_by.split(" ")[0] not in self.prefix_lists:
                    self.unfiltered.append(name)

    def text(self) -> str:
        """What `show running-config` prints."""
        lines = [
            "Building configuration...",
            "",
            "Current configuration : 1234 bytes",
            "!",
            "version 15.9",
            "!",
        ]
        if self.asn:
            lines += [f"router bgp {self.asn}", *(f" {line}" for line in self.process.values())]
            names = sorted(self.neighbors, key=order)
            lines += [f" {line}" for name in names for line in self._lines(name, session=True)]
            family = list(self.family.values())
            family += [line for name in names for line in self._lines(name, session=False)]
            if self.flat and "bgp default ipv4-unicast" not in self.process:
                lines += [f" {line}" for line in family if not line.endswith(" activate") or line[:2] == "no"]
            else:
                lines += [
                    " !",
                    " address-family ipv4",
                    *(f"  {line}" for line in family),
                    " exit-address-family",
                ]
            lines.append("!")
        for name in sorted(self.prefix_lists):
            rules = sorted(self.prefix_lists[name].items())
            lines += [f"ip prefix-list {name} seq {seq} {rule}" for seq, rule in rules] + ["!"]
        for entries in self.route_maps.values():
            lines += [*entries, "!"]
        return "\n".join([*lines, "end", ""])

    def _lines(self, name: str, *, session: bool) -> list[str]:
        found: list[str] = []
        settings = dict(self.neighbors[name])
        if not session and name[0].isdigit():
            settings.pop("no activate", None)
            settings.pop("activate", None)
            settings["activate" if self.active(name) else "no activate"] = ""
        for key, value in settings.items():
            if (key.split()[0] in SESSION) != session:
                continue
            if key == "password":
                value = self._password(value)
            if key == "maximum-prefix":
                value = value.replace(" 75 ", " ")
            word = key.split()[0]
            shown = f"neighbor {name} {word} {value}".rstrip()
            found.append(f"no neighbor {name} activate" if key == "no activate" else shown)
        return found

    def _password(self, value: str) -> str:
        clear = value.removeprefix("0 ")
        if not self.encrypt:
            return clear
        self.salt = (self.salt + 7) % 16
        return f"7 {type_7(clear, self.salt)}"


def order(name: str) -> tuple[int, int, str]:
    """Groups first, then addresses by number."""
    return (1, int(ipaddress.ip_address(name)), "") if name[0].isdigit() else (0, 0, name)
