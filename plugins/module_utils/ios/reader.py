# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One pass over the lines of a configuration, which finds whose each line is."""

from __future__ import annotations

import ipaddress
import re

from .fields import NEIGHBOR_FIELDS, PROCESS_FIELDS, NeighborDraft, ProcessDraft, Words
from .records import IPV4, ROUTER, BgpProcess, Line, Neighbor, PrefixRule, RunningConfig
from .statements import (
    HIDDEN_DEFAULTS,
    HIDDEN_NEIGHBOR_DEFAULTS,
    IPV4_PROCESS,
    KNOWN_BGP,
    KNOWN_NEIGHBOR,
    KNOWN_PROCESS,
    SESSION_NEIGHBOR,
)
from .text import address_or_none, asn_number, mask, refuse

_ROUTER_BGP = re.compile(r"router bgp (\S+)\Z")
_PREFIX_LIST = re.compile(
    r"ip prefix-list (?P<name>\S+)(?: seq (?P<seq>\d+))? (?P<action>permit|deny) (?P<prefix>\S+/\d+)"
    r"(?: ge (?P<ge>\d+))?(?: le (?P<le>\d+))?\Z"
)
_PREFIX_LIST_KNOWN = re.compile(r"(?:no )?ip prefix-list (?:sequence-number\Z|\S+ description )")
_PREFIX_LIST_USE = re.compile(r"\bprefix-list (.+)")


class Reader:
    """Takes the lines of a configuration one after the other; `result` is what they mean."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.section = ""
        self.context = ROUTER
        self.template = ""
        self.asn_text = ""
        self.process = ProcessDraft()
        self.process_extra: set[str] = set()
        self.drafts: dict[str, NeighborDraft] = {}
        self.vrfs: dict[str, set[str]] = {}
        self.lines: list[Line] = []
        self.names: dict[str, str] = {}
        self.prefix_lists: dict[str, list[PrefixRule]] = {}
        self.uses: dict[str, list[str]] = {}
        self.archive = False
        self.unknown: list[str] = []

    def read(self, number: int, line: str) -> None:
        """Take one line, not empty. Raises IosTextError where the AS number is none, or a second one."""
        text = line.strip()
        if line[0] not in " \t":
            self._open_section(number, text)
        elif text[0] == "!":
            return
        elif self.section == "bgp":
            self._bgp_line(text)
        elif self.section == "archive":
            self.archive = self.archive or text.startswith("path ")
        if self.section != "bgp" and " prefix-list " in line:
            self._note_use(text)

    def _open_section(self, number: int, text: str) -> None:
        if text[0] == "!":
            return
        router = _ROUTER_BGP.match(text)
        if router:
            self._open_process(number, text, router.group(1))
            return
        self.section = "archive" if text == "archive" else ""
        if text.startswith(("ip prefix-list", "no ip prefix-list")):
            self._prefix_list(text)

    def _open_process(self, number: int, text: str, asn: str) -> None:
        try:
            known, new = asn_number(self.asn_text or asn), asn_number(asn)
        except ValueError as error:
            refuse(self.command, number, text, str(error))
        if known != new:
            refuse(
                self.command, number, text, f"a second `router bgp` next to AS {self.asn_text}; read it again"
            )
        self.asn_text, self.section, self.context = asn, "bgp", ROUTER

    def _prefix_list(self, text: str) -> None:
        found = _PREFIX_LIST.match(text)
        if not found:
            if not _PREFIX_LIST_KNOWN.match(text):
                self.unknown.append(mask(text))
            return
        rules = self.prefix_lists.setdefault(found["name"], [])
        seq = int(found["seq"]) if found["seq"] else max((rule.seq or 0 for rule in rules), default=0) + 5
        ge, le = (int(found[key]) if found[key] else None for key in ("ge", "le"))
        rule = PrefixRule(found["prefix"], ge, le, found["action"], seq)
        try:
            ipaddress.IPv4Network(rule.prefix, strict=False)
        except ValueError:
            self.unknown.append(mask(text))
            return
        rules.append(rule)

    def _note_use(self, text: str) -> None:
        use = _PREFIX_LIST_USE.search(text)
        if use and not text.startswith(("ip prefix-list", "no ip prefix-list", "ipv6 prefix-list")):
            for name in use.group(1).split():
                self.uses.setdefault(name, []).append(mask(text))

    def _bgp_line(self, text: str) -> None:
        if text.startswith("address-family"):
            self.context = _family(text)
            if self.context != IPV4:
                self.lines.append(Line(self.context, "", ""))
        elif text.startswith("exit-address-family"):
            self.context = ROUTER
        elif text.startswith("template "):
            self.template = text
            self._keep(text, text)
        elif text.startswith("exit-peer-"):
            self.template = ""
        elif self.template:
            self._keep(self.template, text)
        elif self.context not in (ROUTER, IPV4):
            self._other_family_line(text)
        elif not self._statement(text):
            family = " / address-family ipv4" if self.context == IPV4 else ""
            self.unknown.append(mask(f"router bgp {self.asn_text}{family} / {text}"))
            self.lines.append(Line(self.context, "", mask(text)))

    def _keep(self, context: str, text: str) -> None:
        self.process_extra.add(mask(f"{context} / {text}"))
        self.lines.append(Line(context, "", mask(text)))

    def _other_family_line(self, text: str) -> None:
        words = text.split()
        start = 1 if words[0] == "no" else 0
        owner = ""
        if words[start] == "neighbor" and len(words) > start + 2:
            owner = self._name(words[start + 1])
            if "vrf" in self.context.split():
                if address_or_none(owner):
                    self.vrfs.setdefault(owner, set()).add(self.context)
            elif start == 0:
                self._draft(owner).families.add(self.context)
        elif words[start] not in KNOWN_PROCESS:
            self.unknown.append(mask(f"router bgp {self.asn_text} / address-family {self.context} / {text}"))
        self.process_extra.add(mask(f"address-family {self.context} / {text}"))
        self.lines.append(Line(self.context, owner, mask(text)))

    def _statement(self, text: str) -> bool:
        """Read one statement of the global table; False where it is not known."""
        negated = text.startswith("no ")
        body = text[3:] if negated else text
        words = body.split()
        if words[0] == "neighbor":
            return len(words) > 2 and self._neighbor_line(body, words, negated)
        if words[0] not in KNOWN_PROCESS or (words[0] == "bgp" and words[1:2] and words[1] not in KNOWN_BGP):
            return False
        context = IPV4 if words[0] in IPV4_PROCESS else self.context
        self.lines.append(Line(context, "", mask(text)))
        if text in HIDDEN_DEFAULTS or self._process_field(words, negated):
            return True
        self.process_extra.add(mask(f"{context} / {text}"))
        return True

    def _process_field(self, words: Words, negated: bool) -> bool:
        for lead, read in PROCESS_FIELDS:
            if tuple(words[: len(lead)]) == lead:
                try:
                    return read(self.process, words[len(lead) :], negated)
                except (ValueError, IndexError):
                    return False
        return False

    def _name(self, word: str) -> str:
        """Address in one form, or the name of a group; remembered, since a name comes many times."""
        name = self.names.get(word)
        if name is None:
            name = self.names[word] = address_or_none(word) or word
        return name

    def _draft(self, name: str) -> NeighborDraft:
        draft = self.drafts.get(name)
        if draft is None:
            draft = self.drafts[name] = NeighborDraft()
        return draft

    def _neighbor_line(self, body: str, words: Words, negated: bool) -> bool:
        key = words[2]
        if key not in KNOWN_NEIGHBOR:
            return False
        name = self._name(words[1])
        draft = self._draft(name)
        rest = body.split(None, 3)[3] if len(words) > 3 else ""
        tail = f"{key} {rest}".rstrip()
        context = ROUTER if key in SESSION_NEIGHBOR else IPV4
        statement = f"no {tail}" if negated else tail
        read = NEIGHBOR_FIELDS.get(key)
        try:
            in_a_field = read is not None and read(draft, rest, negated)
        except (ValueError, IndexError):
            return False
        if not in_a_field and (negated or tail not in HIDDEN_NEIGHBOR_DEFAULTS):
            draft.extra.add(mask(statement))
        self.lines.append(Line(context, name, mask(f"{'no ' if negated else ''}neighbor {name} {tail}")))
        return True

    def result(self) -> RunningConfig:
        """What the lines so far mean."""
        return RunningConfig(
            bgp=self._process() if self.asn_text else None,
            prefix_lists={
                name: tuple(sorted(rules, key=lambda rule: rule.seq or 0))
                for name, rules in self.prefix_lists.items()
            },
            archive=self.archive,
            unknown=tuple(self.unknown),
            prefix_list_uses={name: tuple(lines) for name, lines in self.uses.items()},
        )

    def _process(self) -> BgpProcess:
        return BgpProcess(
            asn=asn_number(self.asn_text),
            asn_text=self.asn_text,
            listen_ranges=tuple(self.process.ranges),
            neighbors={
                name: Neighbor(
                    name=name,
                    is_group=address_or_none(name) is None,
                    families=frozenset(draft.families),
                    extra=frozenset(draft.extra),
                    **draft.fields,  # type: ignore[arg-type]
                )
                for name, draft in self.drafts.items()
            },
            vrf_neighbors={name: tuple(sorted(families)) for name, families in self.vrfs.items()},
            extra=frozenset(self.process_extra),
            lines=tuple(self.lines),
            **self.process.fields,  # type: ignore[arg-type]
        )


def _family(text: str) -> str:
    """Name of an address family in one form: IOS shows `ipv4` for `ipv4 unicast`."""
    words = text.split()[1:]
    if words[1:2] == ["unicast"]:
        del words[1]
    return " ".join(words)
