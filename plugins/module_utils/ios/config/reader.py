# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One pass over the lines of a configuration, which finds whose each line is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...model.family import IPV4
from ..text import address_or_none, asn_number, is_foreign, mask, refuse
from .filters import FilterReader
from .neighbor import Neighbor, Policy
from .neighbor_statements import NEIGHBOR
from .prefix_list import PrefixLists, is_definition, named_in
from .process_statements import BLOCKS, PROCESS
from .records import ROUTER, BgpProcess, Line, RunningConfig, Unread
from .statement import Part, Settings, Statement, read_into

_ROUTER_BGP = re.compile(r"router bgp (\S+)\Z")
_TEMPLATE = re.compile(r"template peer-(?:session|policy) \S+\Z")
_EXIT = re.compile(r"exit(?:-address-family|-peer-session|-peer-policy| peer-session| peer-policy)?\Z")
_BELOW = re.compile(r"(?:no )?(?:neighbor|bgp) |(?:exit-)?address-family\b")
_INTERFACE = r"interface [A-Za-z-]+ ?[\d/.:]+(?: \S+)?\Z"
_PROTOCOL = (
    r"(?:ipv6 )?router (?:rip|(?:isis|lisp|eigrp|ospfv?3?)(?: \S+)?)(?: vrf \S+)?\Z"
    r"|(?:ip )?vrf (?:definition )?\S+\Z"
)
# Sections beside `router bgp` that have lines like its own.
_HAS_NEIGHBORS = re.compile(rf"{_PROTOCOL}|{_INTERFACE}|l2|segment-routing|mpls ")
# Heads of sections as `| section` prints them, without a mark between.
_HEAD = re.compile(
    rf"{_PROTOCOL}|{_INTERFACE}|route-map \S+ (?:permit|deny) \d+\Z|line (?:con|aux|vty|tty) [\d/ ]+\Z"
    r"|(?:class|policy|parameter)-map(?: \S+){1,3}\Z|key chain \S+\Z|(?:tacacs|radius) server \S+\Z"
    r"|aaa group server \S+ \S+\Z|ip(?:v6)? access-list (?:(?:standard|extended) )?\S+\Z|ip sla \d+\Z"
    r"|redundancy\Z|control-plane\Z"
)
_NO_NAME = re.compile(r"[\d.]+\Z|.*:")


@dataclass
class _Mode:
    """An address family, a template or a block that is open, and how far its first line stood in.

    Releases of 12.x indent what is in a family no further than its head, so that indentation ends a mode
    only where it began one.
    """

    context: str
    indent: int
    deeper: bool | None = None


@dataclass
class _Settings:
    """Of a neighbour, group or template while its lines are read."""

    session: Settings = field(default_factory=dict)
    policies: dict[str, Settings] = field(default_factory=dict)

    def of(self, entry: Statement, family: str) -> Settings:
        """Where a statement that stands in this family belongs."""
        if entry.part is Part.SESSION:
            return self.session
        return self.policies.setdefault(family, {})


class Reader:
    """Takes the lines of a configuration one after the other; `result` is what they mean.

    Args:
        command: named in errors.
        marked: `!` stands behind `router bgp`, as in a whole configuration. What else stands at the margin
            there, with indented lines below it, has torn the section. Behind `archive` there may be none
            (15.1), so a section is torn there where its path comes later.
    """

    def __init__(self, command: str, *, marked: bool) -> None:
        self.command = command
        self.marked = marked
        self.section = ""
        # The line at the margin that indented lines would belong to; None once it is reported.
        self.head: Unread | None = Unread(0, "", "")
        self.behind_mark = True
        # The section that a line at the margin may have torn.
        self.tears = ""
        self.ended = False
        self.mode = _Mode(ROUTER, 0)
        self.block: _Mode | None = None
        self.block_known = False
        self.asn_text = ""
        self.scopes: dict[str, Settings] = {ROUTER: {}}
        # By the family of a VRF or the head of a template, "" for the global table, and by name.
        self.neighbors: dict[tuple[str, str], _Settings] = {}
        self.lines: list[Line] = []
        self.names: dict[str, str | None] = {}
        self.prefix_lists = PrefixLists()
        self.filters = FilterReader()
        self.uses: dict[str, list[str]] = {}
        self.archive: set[str] = set()
        self.unread: list[Unread] = []
        self.misplaced: list[Unread] = []

    def read(self, number: int, line: str) -> None:
        """Take one line, not empty.

        Raises:
            IosTextError: the AS number is none, or another than before; or the line belongs below
                `router bgp` and does not stand there.
        """
        text = line.strip()
        if line[0] not in " \t":
            self.ended = self.ended or text == "end"
            if is_foreign(line) and self.ended:
                return
            if is_foreign(line):
                self.misplaced.append(Unread(number, self._place(), mask(text)))
                return
            self._open_section(number, text)
        elif text[0] == "!":
            return
        else:
            self._below(number, text)
            if self.section == "bgp":
                self._bgp_line(number, len(line) - len(text), text)
            elif self.section == "archive":
                self.archive.add("path" if text.startswith("path ") else text)
            elif not self.filters.below(text) and self.head is not None:
                self.misplaced.append(self.head)
                self.head = None
        if self.section != "bgp":
            for name in named_in(text):
                self.uses.setdefault(name, []).append(mask(text))

    def _place(self) -> str:
        return f"router bgp {self.asn_text}" if self.section == "bgp" else self.section

    def _below(self, number: int, text: str) -> None:
        """Look whether the line at the margin above is a head, now that an indented line follows it."""
        self.behind_mark = False
        if self.section or self.head is None:
            return
        torn = self.tears == "bgp" or (self.tears == "archive" and text.startswith("path "))
        if torn or (_BELOW.match(text) and not _HAS_NEIGHBORS.match(self.head.text)):
            self.misplaced.append(self.head if self.head.number else Unread(number, "", mask(text)))
            self.tears, self.head = "", None

    def _open_section(self, number: int, text: str) -> None:
        if text[0] == "!":
            if text == "!":
                self.behind_mark, self.tears = True, ""
                self.filters.end()
            return
        router = _ROUTER_BGP.match(text)
        stands = self.behind_mark or (not self.marked and _HEAD.match(text) is not None)
        if _BELOW.match(text):
            refuse(
                self.command,
                number,
                text,
                "this line belongs below `router bgp` and is not indented; give the text as it was printed",
            )
        if router or text == "archive":
            self.tears = ""
        elif not self.tears:
            self.head = Unread(number, self._place(), mask(text))
            self.tears = "" if stands else self.section
        self.behind_mark = False
        if router:
            self._open_process(number, text, router.group(1))
            return
        self.section = "archive" if text == "archive" else ""
        self.filters.at_the_margin(text, is_head=stands or self.section == "archive")
        if is_definition(text) and not self.prefix_lists.read(text):
            self.unread.append(Unread(number, "", mask(text)))

    def _open_process(self, number: int, text: str, asn: str) -> None:
        try:
            known, new = asn_number(self.asn_text or asn), asn_number(asn)
        except ValueError as error:
            refuse(self.command, number, text, str(error))
        if known != new:
            refuse(
                self.command, number, text, f"a second `router bgp` next to AS {self.asn_text}; read it again"
            )
        self.asn_text, self.section = asn, "bgp"
        self.mode, self.block = _Mode(ROUTER, 0), None

    def _bgp_line(self, number: int, indent: int, text: str) -> None:
        if self.block is not None and self._in_block(self.block, number, indent, text):
            return
        leaves = text[0] == "e" and _EXIT.match(text) is not None
        if not leaves:
            self._follow_indent(indent)
        if leaves:
            self.mode = _Mode(ROUTER, 0)
        elif text.startswith("address-family "):
            self._open_family(indent, text)
        elif text[0] == "t" and _TEMPLATE.match(text):
            self._open_template(indent, text)
        elif not self._statement(text):
            self._unknown(number, self.mode.context, text)
            self._open_block(indent, text, known=False)
        elif text.startswith(BLOCKS):
            self._open_block(indent, text, known=True)

    def _open_block(self, indent: int, text: str, *, known: bool) -> None:
        self.block = _Mode(f"{self.mode.context} / {' '.join(text.split())}", indent)
        self.block_known = known

    def _in_block(self, block: _Mode, number: int, indent: int, text: str) -> bool:
        """Take a line of the block that a line before opened; False where the block is over."""
        if indent > block.indent:
            block.deeper = True
            if not self.block_known:
                self._unknown(number, block.context, text)
            else:
                self._keep(block.context, text)
            return True
        self.block = None
        return block.deeper is True and text.startswith("exit-") and not _EXIT.match(text)

    def _follow_indent(self, indent: int) -> None:
        mode = self.mode
        if mode.context == ROUTER:
            return
        if mode.deeper is None:
            mode.deeper = indent > mode.indent
        if mode.deeper and indent <= mode.indent:
            self.mode = _Mode(ROUTER, 0)

    def _open_family(self, indent: int, text: str) -> None:
        family = _family(text)
        self.mode = _Mode(family, indent)
        if family != IPV4.name:
            self.scopes.setdefault(family, {})
            self.lines.append(Line(family, "", "", ("",)))

    def _open_template(self, indent: int, text: str) -> None:
        self.mode = _Mode(text, indent)
        self.neighbors.setdefault((text, text.split()[2]), _Settings())
        self._keep(text, text)

    def _keep(self, context: str, text: str) -> None:
        self.lines.append(Line(context, "", mask(text), (text,)))

    def _unknown(self, number: int, context: str, text: str) -> None:
        family = context.startswith(ROUTER) or context.startswith("template ")
        place = context[len(f"{ROUTER} / ") :] if context.startswith(ROUTER) else context
        where = [f"router bgp {self.asn_text}", place if family else f"address-family {place}"]
        self.unread.append(Unread(number, " / ".join(mask(part) for part in where if part), mask(text)))
        self.lines.append(Line(context, "", mask(text), (" ".join(text.split()),), known=False))

    def _statement(self, text: str) -> bool:
        """Read one statement; False where it is not known, and nothing was read then."""
        negated = text.startswith("no ")
        body = text[3:] if negated else text
        try:
            if self.mode.context.startswith("template "):
                self._template_line(body, negated)
            elif body.startswith("neighbor "):
                self._neighbor_line(body, negated)
            else:
                self._scope_line(text, body, negated)
        except (ValueError, IndexError):
            return False
        return True

    def _scope_line(self, text: str, body: str, negated: bool) -> None:
        entry, value = PROCESS.find(" ".join(body.split()))
        context = self.mode.context
        if context in (ROUTER, IPV4.name):
            context = IPV4.name if entry.part is Part.FAMILY else ROUTER
        elif entry.part is Part.PROCESS:
            raise ValueError(f"{entry.words} in an address family")
        settings = self.scopes.get(context, {})
        statements = read_into(settings, entry, value, negated)
        # The head of a block for IPv4 unicast says nothing, so what stands in it makes the family.
        if settings:
            self.scopes[context] = settings
        self.lines.append(Line(context, "", mask(text), statements))

    def _template_line(self, body: str, negated: bool) -> None:
        template = self.mode.context
        entry, value = NEIGHBOR.find(body)
        if (entry.part is Part.SESSION) != template.startswith("template peer-session"):
            raise ValueError(f"{entry.words} in another kind of template")
        settings = self.neighbors[template, template.split()[2]].of(entry, "")
        statements = read_into(settings, entry, value, negated)
        self.lines.append(Line(template, "", mask(f"{'no ' if negated else ''}{body}"), statements))

    def _neighbor_line(self, body: str, negated: bool) -> None:
        name, statement = body.split(None, 2)[1:]
        name = self._name(name)
        entry, value = NEIGHBOR.find(statement)
        family = self.mode.context if self.mode.context != ROUTER else IPV4.name
        vrf = family if " vrf " in family else ""
        settings = self.neighbors.get((vrf, name)) or _Settings()
        statements = read_into(settings.of(entry, family), entry, value, negated)
        self.neighbors[vrf, name] = settings
        context = (vrf or ROUTER) if entry.part is Part.SESSION else family
        key, _blanks, rest = statement.partition(" ")
        text = f"{'no ' if negated else ''}neighbor {name} {key} {rest.lstrip()}".rstrip()
        self.lines.append(Line(context, name, mask(text), statements, setting=entry.name))

    def _name(self, word: str) -> str:
        """Address in one form, or the name of a group; remembered, since a name comes many times."""
        name = self.names.get(word)
        if name is None:
            name = address_or_none(word)
            if name is None:
                if _NO_NAME.match(word):
                    raise ValueError(f"{word} is no address, and no name")
                name = word
            self.names[word] = name
        return name

    def result(self) -> RunningConfig:
        """What the lines so far mean."""
        return RunningConfig(
            bgp=self._process() if self.asn_text else None,
            prefix_lists=self.prefix_lists.result(),
            filters=self.filters.result(),
            archive="path" in self.archive,
            logs_secrets="logging enable" in self.archive and "hidekeys" not in self.archive,
            prefix_list_uses={name: tuple(lines) for name, lines in self.uses.items()},
            unread=tuple(self.unread),
            misplaced=tuple(self.misplaced),
        )

    def _process(self) -> BgpProcess:
        found = [(place, _neighbor(place, name, one)) for (place, name), one in self.neighbors.items()]
        return BgpProcess(
            asn=asn_number(self.asn_text),
            asn_text=self.asn_text,
            scopes=self.scopes,
            neighbors={one.name: one for place, one in found if not place},
            others=tuple(one for place, one in found if place),
            lines=tuple(self.lines),
        )


def _neighbor(place: str, name: str, settings: _Settings) -> Neighbor:
    """`place` is the family of a VRF, the head of a template, or "" for the global table."""
    policies = {family: Policy(values) for family, values in settings.policies.items() if values}
    if place.startswith("template "):
        return Neighbor(name, place.split()[1], "", settings.session, policies)
    kind = "neighbor" if address_or_none(name) else "peer-group"
    return Neighbor(name, kind, place, settings.session, policies)


def _family(text: str) -> str:
    """Name of an address family in one form: IOS shows `ipv4` for `ipv4 unicast`."""
    words = text.split()[1:]
    if words[1:2] == ["unicast"]:
        del words[1]
    return " ".join(words)
