# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One pass over the lines of a configuration, which finds whose each line is."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from .fields import Settings, read_neighbor
from .peers import PeerDraft, neighbor_of, peer_of
from .records import IPV4, ROUTER, BgpProcess, Line, PrefixRule, RunningConfig, Unread
from .scopes import in_a_field, read_scope
from .statements import BLOCKS, IPV4_BGP, IPV4_PROCESS, SESSION_NEIGHBOR
from .text import address_or_none, asn_number, mask, refuse

_ROUTER_BGP = re.compile(r"router bgp (\S+)\Z")
_PREFIX_LIST = re.compile(
    r"ip prefix-list (?P<name>\S+)(?: seq (?P<seq>\d+))? (?P<action>permit|deny) (?P<prefix>\S+/\d+)"
    r"(?: ge (?P<ge>\d+))?(?: le (?P<le>\d+))?\Z"
)
_PREFIX_LIST_KNOWN = re.compile(r"(?:no )?ip prefix-list (?:sequence-number\Z|\S+ description )")
_PREFIX_LIST_USE = re.compile(r"\bprefix-list (.+)")
_TEMPLATE = re.compile(r"template peer-(?:session|policy) \S+\Z")
_EXIT = re.compile(r"exit(?:-address-family|-peer-session|-peer-policy| peer-session| peer-policy)?\Z")
_BELOW = re.compile(r"(?:no )?(?:neighbor|bgp) |(?:exit-)?address-family\b")
_NO_NAME = re.compile(r"[\d.]+\Z|.*:")
# IOS numbers rules that have no number in steps.
_SEQUENCE_STEP = 5


@dataclass
class _Mode:
    """An address family, a template or a block that is open, and how far its first line stood in.

    Releases of 12.x indent what is in a family no further than its head, so that indentation ends a mode
    only where it began one.
    """

    context: str
    indent: int
    deeper: bool | None = None


class Reader:
    """Takes the lines of a configuration one after the other; `result` is what they mean."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.section = ""
        self.mode = _Mode(ROUTER, 0)
        self.block: _Mode | None = None
        self.block_known = False
        self.asn_text = ""
        self.process_extra: set[str] = set()
        self.scopes: dict[str, Settings] = {ROUTER: {}}
        self.drafts: dict[tuple[str, str], PeerDraft] = {}
        self.vrfs: dict[str, set[str]] = {}
        self.lines: list[Line] = []
        self.names: dict[str, str | None] = {}
        self.prefix_lists: dict[str, list[PrefixRule]] = {}
        self.highest: dict[str, int] = {}
        self.uses: dict[str, list[str]] = {}
        self.archive = False
        self.unread: list[Unread] = []

    def read(self, number: int, line: str) -> None:
        """Take one line, not empty.

        Raises:
            IosTextError: the AS number is none, or another than before; or the line belongs below
                `router bgp` and does not stand there.
        """
        text = line.strip()
        if line[0] not in " \t":
            self._open_section(number, text)
        elif text[0] == "!":
            return
        elif self.section == "bgp":
            self._bgp_line(number, len(line) - len(text), text)
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
        if _BELOW.match(text):
            refuse(
                self.command,
                number,
                text,
                "this line belongs below `router bgp` and is not indented; give the text as it was printed",
            )
        self.section = "archive" if text == "archive" else ""
        if text.startswith(("ip prefix-list", "no ip prefix-list")):
            self._prefix_list(number, text)

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

    def _prefix_list(self, number: int, text: str) -> None:
        found = _PREFIX_LIST.match(text)
        if not found:
            if not _PREFIX_LIST_KNOWN.match(text):
                self.unread.append(Unread(number, "", mask(text)))
            return
        rules = self.prefix_lists.setdefault(found["name"], [])
        highest = self.highest.get(found["name"], 0)
        seq = int(found["seq"]) if found["seq"] else highest + _SEQUENCE_STEP
        ge, le = (int(found[key]) if found[key] else None for key in ("ge", "le"))
        rule = PrefixRule(found["prefix"], ge, le, found["action"], seq)
        try:
            ipaddress.IPv4Network(rule.prefix, strict=False)
        except ValueError:
            self.unread.append(Unread(number, "", mask(text)))
            return
        rules.append(rule)
        self.highest[found["name"]] = max(seq, highest)

    def _note_use(self, text: str) -> None:
        use = _PREFIX_LIST_USE.search(text)
        if use and not text.startswith(("ip prefix-list", "no ip prefix-list", "ipv6 prefix-list")):
            for name in use.group(1).split():
                self.uses.setdefault(name, []).append(mask(text))

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
        self.scopes.setdefault(family, {})
        if family != IPV4:
            self.lines.append(Line(family, "", "", ("",)))

    def _open_template(self, indent: int, text: str) -> None:
        self.mode = _Mode(text, indent)
        self._peer(text, text.split()[2])
        self._keep(text, text)

    def _keep(self, context: str, text: str) -> None:
        self.process_extra.add(mask(f"{context} / {text}"))
        self.lines.append(Line(context, "", mask(text), (text,)))

    def _unknown(self, number: int, context: str, text: str) -> None:
        family = context.startswith(ROUTER) or context.startswith("template ")
        place = context[len(f"{ROUTER} / ") :] if context.startswith(ROUTER) else context
        where = [f"router bgp {self.asn_text}", place if family else f"address-family {place}"]
        self.unread.append(Unread(number, mask(" / ".join(part for part in where if part)), mask(text)))
        said = " ".join(text.split())
        self.lines.append(Line(context, "", mask(text), (said,), known=False))

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
        words = body.split()
        context = self.mode.context
        if context in (ROUTER, IPV4):
            in_ipv4 = words[0] in IPV4_PROCESS or (words[0] == "bgp" and words[1] in IPV4_BGP)
            context = IPV4 if in_ipv4 else ROUTER
        said = read_scope(self.scopes.setdefault(context, {}), words, negated)
        self.lines.append(Line(context, "", mask(text), said))
        place = context if context in (ROUTER, IPV4) else f"address-family {context}"
        for statement in said:
            if context not in (ROUTER, IPV4) or not in_a_field(statement):
                self.process_extra.add(mask(f"{place} / {statement}"))

    def _template_line(self, body: str, negated: bool) -> None:
        key, _space, rest = body.partition(" ")
        template = self.mode.context
        draft = self._peer(template, template.split()[2])
        into = draft.session if template.startswith("template peer-session") else draft.policy("")
        said = read_neighbor(into, key.lower(), rest, negated)
        text = f"{'no ' if negated else ''}{body}"
        self.process_extra.update(mask(f"{template} / {statement}") for statement in said)
        self.lines.append(Line(template, "", mask(text), said))

    def _neighbor_line(self, body: str, negated: bool) -> None:
        parts = body.split(None, 3)
        name, key = self._name(parts[1]), parts[2]
        key = key if key in SESSION_NEIGHBOR else key.lower()
        rest = parts[3] if len(parts) > 3 else ""
        context = self.mode.context
        vrf = context if " vrf " in context else ""
        of_session = key in SESSION_NEIGHBOR or (key == "inherit" and rest.startswith("peer-session "))
        family = context if context != ROUTER else IPV4
        draft = self.drafts.get((vrf, name)) or PeerDraft()
        settings = draft.session if of_session else draft.policy(family)
        said = read_neighbor(settings, key, rest, negated)
        self.drafts[vrf, name] = draft
        if vrf:
            if address_or_none(name):
                self.vrfs.setdefault(name, set()).add(vrf)
        elif not of_session and family != IPV4 and not negated:
            draft.families.add(family)
        context = (vrf or ROUTER) if of_session else family
        statement = f"{'no ' if negated else ''}neighbor {name} {key} {rest}".rstrip()
        if context not in (ROUTER, IPV4):
            self.process_extra.update(
                mask(f"address-family {context} / neighbor {name} {one}") for one in said
            )
        self.lines.append(Line(context, name, mask(statement), said))
        if of_session or family == IPV4:
            draft.note(said)

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

    def _peer(self, place: str, name: str) -> PeerDraft:
        return self.drafts.setdefault((place, name), PeerDraft())

    def result(self) -> RunningConfig:
        """What the lines so far mean."""
        return RunningConfig(
            bgp=self._process() if self.asn_text else None,
            prefix_lists={
                name: tuple(sorted(rules, key=lambda rule: rule.seq or 0))
                for name, rules in self.prefix_lists.items()
                if rules
            },
            archive=self.archive,
            unknown=tuple(
                " / ".join(part for part in (line.where, line.text) if part) for line in self.unread
            ),
            prefix_list_uses={name: tuple(lines) for name, lines in self.uses.items()},
            unread=tuple(self.unread),
        )

    def _process(self) -> BgpProcess:
        router, ipv4 = self.scopes[ROUTER], self.scopes.get(IPV4, {})
        timers = router.get("timers")
        return BgpProcess(
            asn=asn_number(self.asn_text),
            asn_text=self.asn_text,
            cluster_id=router.get("cluster_id"),
            router_id=router.get("router_id", ""),
            default_ipv4=router.get("default_ipv4", True),
            graceful_restart=router.get("graceful_restart", False),
            restart_time=router.get("restart_time"),
            stalepath_time=router.get("stalepath_time"),
            timers=timers[:2] if timers else None,
            minimum_hold=timers[2] if timers else 0,
            log_changes=router.get("log_changes"),
            additional_paths=ipv4.get("additional_paths", ""),
            listen_ranges=tuple(router.get("listen_ranges", ())),
            neighbors={
                name: neighbor_of(name, draft) for (place, name), draft in self.drafts.items() if not place
            },
            vrf_neighbors={name: tuple(sorted(families)) for name, families in self.vrfs.items()},
            extra=frozenset(self.process_extra),
            lines=tuple(self.lines),
            peers=tuple(peer_of(place, name, draft) for (place, name), draft in self.drafts.items()),
            scopes=self.scopes,
        )


def _family(text: str) -> str:
    """Name of an address family in one form: IOS shows `ipv4` for `ipv4 unicast`."""
    words = text.split()[1:]
    if words[1:2] == ["unicast"]:
        del words[1]
    return " ".join(words)
