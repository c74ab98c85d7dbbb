# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading `show running-config`: `router bgp`, IPv4 prefix-lists, whether there is an archive.

IOS prints one meaning in several forms: address-family statements flat under `router bgp` or in a block
of their own, defaults shown or hidden, AS numbers plain or dotted, passwords in three types. What is read
here is the meaning; two texts that mean the same give equal records.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Callable

from .secret import Password, read_password
from .statements import (
    HIDDEN_DEFAULTS,
    HIDDEN_NEIGHBOR_DEFAULTS,
    IPV4_PROCESS,
    KNOWN_BGP,
    KNOWN_NEIGHBOR,
    KNOWN_PROCESS,
    SESSION_NEIGHBOR,
)
from .text import (
    IosTextError,
    address_or_none,
    asn_number,
    cluster_id_number,
    is_log_message,
    lines_of,
    mask,
    refuse,
)

COMMAND = "show running-config"
ROUTER = "router"
IPV4 = "ipv4"
DEFAULT_RESTART_TIME = 120
DEFAULT_STALEPATH_TIME = 360
DEFAULT_TIMERS = (60, 180)
DEFAULT_THRESHOLD = 75

_ERROR = re.compile(r"\s*%")
_NO_STARTUP = re.compile(
    r"\s*(?:%+\s*)?(?:startup-config is not present|Non-volatile configuration memory is not)"
)
_BANNER = re.compile(r"banner \S+ (\^.|\S)(.*)")
_ROUTER_BGP = re.compile(r"router bgp (\S+)\Z")
_PREFIX_LIST = re.compile(
    r"ip prefix-list (?P<name>\S+)(?: seq (?P<seq>\d+))? (?P<action>permit|deny) (?P<prefix>\S+/\d+)"
    r"(?: ge (?P<ge>\d+))?(?: le (?P<le>\d+))?\Z"
)
_PREFIX_LIST_KNOWN = re.compile(r"(?:no )?ip prefix-list (?:sequence-number\Z|\S+ description )")
_PREFIX_LIST_USE = re.compile(r"\bprefix-list (.+)")
_MAXIMUM = re.compile(r"(\d+)(?: (\d+))?(?: (warning-only|restart \d+|discard-extra))?\Z")
_HEADER = re.compile(r"Current configuration|Building configuration")
_LANDMARK = re.compile(
    r"!|end\Z|version \d|hostname |router |ip |interface |archive\Z|line |no |service |Current conf|Using \d"
)


@dataclass(frozen=True)
class PrefixRule:
    """One rule of an IPv4 prefix-list.

    Attributes:
        prefix: A.B.C.D/L.
        ge, le: bounds of the length, None where not given.
        action: permit or deny.
        seq: sequence number; None in an intent leaves the choice to the change.
    """

    prefix: str
    ge: int | None = None
    le: int | None = None
    action: str = "permit"
    seq: int | None = None

    @property
    def meaning(self) -> tuple[str, str, int, int]:
        """(action, network, shortest, longest): equal for rules that match the same prefixes.

        >>> PrefixRule("10.0.0.0/8", ge=26).meaning == PrefixRule("10.0.0.0/8", ge=26, le=32).meaning
        True
        """
        network = ipaddress.IPv4Network(self.prefix, strict=False)
        low = network.prefixlen if self.ge is None else self.ge
        high = self.le if self.le is not None else 32 if self.ge is not None else network.prefixlen
        return self.action, str(network), low, high

    def line(self, name: str) -> str:
        """The configuration line. IOS refuses a bound equal to the prefix length, so that one is left out.

        >>> PrefixRule("10.0.0.0/26", ge=26, le=32, seq=5).line("CALICO")
        'ip prefix-list CALICO seq 5 permit 10.0.0.0/26 le 32'
        """
        action, network, low, high = self.meaning
        length = int(network.rpartition("/")[2])
        words = ["ip prefix-list", name, f"seq {self.seq}", action, network]
        words += [f"ge {low}"] if low > length else []
        words += [f"le {high}"] if high > length else []
        return " ".join(words)


@dataclass(frozen=True)
class MaximumPrefix:
    """`maximum-prefix N [threshold] [what happens]`; the threshold is in percent, 75 when not shown."""

    limit: int
    threshold: int = DEFAULT_THRESHOLD
    action: str = ""


@dataclass(frozen=True)
class Neighbor:
    """A neighbour or peer-group of the global table, as configured, without what it inherits.

    Attributes:
        name: address in one form, or the name of the group.
        group: the peer-group it is a member of.
        timers: (keepalive, hold) in seconds.
        active: for IPv4 unicast: True or False where a line says so, None where the default decides.
        prefix_in, prefix_out: names of prefix-lists (IPv4 unicast).
        additional_paths: words after `additional-paths`, "" where there is no such line.
        templates: it inherits from peer-session or peer-policy templates, whose content is not judged.
        families: further address families that have lines of it, VRFs left out.
        extra: all other known lines of it, secrets masked, without `neighbor NAME`.
    """

    name: str
    is_group: bool
    group: str | None = None
    remote_as: int | None = None
    description: str = ""
    password: Password | None = None
    update_source: str = ""
    timers: tuple[int, int] | None = None
    passive: bool = False
    shutdown: bool = False
    active: bool | None = None
    route_reflector_client: bool = False
    prefix_in: str = ""
    prefix_out: str = ""
    maximum_prefix: MaximumPrefix | None = None
    additional_paths: str = ""
    templates: bool = False
    families: frozenset[str] = frozenset()
    extra: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ListenRange:
    """`bgp listen range PREFIX peer-group GROUP`."""

    prefix: str
    group: str


@dataclass(frozen=True)
class Line:
    """One line under `router bgp`, secrets masked.

    Attributes:
        context: "router", "ipv4", or the name of another address family or template.
        owner: the neighbour or group, "" for lines of the process.
        text: the line without indentation.
    """

    context: str
    owner: str
    text: str


@dataclass(frozen=True)
class BgpProcess:
    """`router bgp`.

    Attributes:
        asn: as a 32-bit integer; asn_text as the router shows it.
        cluster_id: as a 32-bit integer, None where the router-id stands in for it.
        default_ipv4: False after `no bgp default ipv4-unicast`.
        timers: `timers bgp`, None where the defaults of IOS hold.
        log_changes: True or False where a line says so, None where none does.
        additional_paths: words after `bgp additional-paths` in IPv4 unicast, "" where off.
        neighbors: by name, the global table alone.
        vrf_neighbors: address to the names of the VRF address families that have it.
        extra: known lines of the process that are in no field, defaults left out.
        lines: everything, in the order of the text, for diffs.
    """

    asn: int
    asn_text: str = field(compare=False)
    cluster_id: int | None = None
    router_id: str = ""
    default_ipv4: bool = True
    graceful_restart: bool = False
    restart_time: int | None = None
    stalepath_time: int | None = None
    timers: tuple[int, int] | None = None
    log_changes: bool | None = None
    additional_paths: str = ""
    listen_ranges: tuple[ListenRange, ...] = ()
    neighbors: Mapping[str, Neighbor] = field(default_factory=dict)
    vrf_neighbors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra: frozenset[str] = frozenset()
    lines: tuple[Line, ...] = field(default=(), compare=False, repr=False)

    def is_active(self, neighbor: Neighbor) -> bool:
        """Whether IPv4 unicast is on for this neighbour and nothing shuts it down."""
        group = self.neighbors.get(neighbor.group or "")
        if neighbor.shutdown or (group is not None and group.shutdown):
            return False
        return self.default_ipv4 if neighbor.active is None else neighbor.active

    def effective(self, neighbor: Neighbor) -> Neighbor:
        """The neighbour with what it inherits from its peer-group filled in."""
        group = self.neighbors.get(neighbor.group or "")
        if group is None:
            return neighbor
        return Neighbor(
            name=neighbor.name,
            is_group=False,
            group=neighbor.group,
            remote_as=neighbor.remote_as or group.remote_as,
            description=neighbor.description,
            password=neighbor.password or group.password,
            update_source=neighbor.update_source or group.update_source,
            timers=neighbor.timers or group.timers,
            passive=neighbor.passive or group.passive,
            shutdown=neighbor.shutdown or group.shutdown,
            active=neighbor.active,
            route_reflector_client=neighbor.route_reflector_client or group.route_reflector_client,
            prefix_in=neighbor.prefix_in or group.prefix_in,
            prefix_out=neighbor.prefix_out or group.prefix_out,
            maximum_prefix=neighbor.maximum_prefix or group.maximum_prefix,
            additional_paths=neighbor.additional_paths or group.additional_paths,
            templates=neighbor.templates or group.templates,
            families=neighbor.families | group.families,
            extra=neighbor.extra | group.extra,
        )

    def members(self, group: str) -> tuple[Neighbor, ...]:
        """The configured members of a peer-group; those of a listen range are not configured."""
        return tuple(neighbor for neighbor in self.neighbors.values() if neighbor.group == group)


@dataclass(frozen=True)
class RunningConfig:
    """What a running (or startup) configuration says about BGP.

    Attributes:
        prefix_lists: by name, rules in the order of their sequence numbers.
        archive: there is an `archive` section with a path, so that rollback can be armed.
        unknown: lines below `router bgp`, `ip prefix-list` or `archive` that are not known, with their
            context, secrets masked: `router bgp 64512 / address-family ipv4 / neighbor X frobnicate`.
        prefix_list_uses: name to the lines outside `router bgp` that name the list (route-maps).
    """

    bgp: BgpProcess | None = None
    prefix_lists: Mapping[str, tuple[PrefixRule, ...]] = field(default_factory=dict)
    archive: bool = False
    unknown: tuple[str, ...] = ()
    prefix_list_uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_running(text: str, *, sections: bool = False, command: str = COMMAND) -> RunningConfig:
    """Read the text of `show running-config` or `show startup-config`, whole or in sections.

    Args:
        text: what the router answered.
        sections: the text is the answer to filtered commands (`| section ^router bgp`), so that an
            empty one means that there is nothing of the kind. A whole configuration is never empty.
        command: named in errors.

    Returns:
        The meaning. A router without startup-config gives an empty record.

    Raises:
        IosTextError: an error of IOS, an empty or truncated configuration, or no configuration at all.
    """
    if _NO_STARTUP.match(text.lstrip()):
        return RunningConfig()
    lines = list(_without_banners(lines_of(text), command))
    for number, line in lines:
        if _ERROR.match(line) and not is_log_message(line):
            refuse(
                command, number, line, "the router refused the command; check its privilege level and release"
            )
    if lines and not any(_LANDMARK.match(line) for _number, line in lines):
        refuse(command, *lines[0], "this is no configuration of IOS")
    if not sections:
        _must_be_whole(lines, command)
    reader = _Reader(command)
    for number, line in lines:
        reader.read(number, line)
    return reader.result()


def differences(running: RunningConfig, startup: RunningConfig) -> tuple[str, ...]:
    """What of BGP a reload would change, as sentences without secrets; empty when nothing would."""
    found = list(_process_differences(running.bgp, startup.bgp))
    for name in sorted({*running.prefix_lists, *startup.prefix_lists}):
        ours = [rule.meaning for rule in running.prefix_lists.get(name, ())]
        if ours != [rule.meaning for rule in startup.prefix_lists.get(name, ())]:
            found.append(f"ip prefix-list {name} is not saved as it runs")
    for line in sorted(set(running.unknown) ^ set(startup.unknown)):
        where = "running" if line in running.unknown else "startup"
        found.append(f"{line!r} is in the {where} configuration alone")
    return tuple(found)


def same_meaning(running: RunningConfig, startup: RunningConfig) -> bool:
    """Whether a reload would bring back the same BGP configuration."""
    return not differences(running, startup)


def _process_differences(running: BgpProcess | None, startup: BgpProcess | None) -> Iterator[str]:
    if running is None or startup is None:
        if running is not startup:
            where, other = ("startup", "running") if running else ("running", "startup")
            yield f"router bgp is in the {other} configuration and not in the {where} one"
        return
    for name in sorted({*running.neighbors, *startup.neighbors}):
        if running.neighbors.get(name) != startup.neighbors.get(name):
            yield f"neighbor {name} is not saved as it runs"
    for attribute in _PROCESS_FIELDS:
        if getattr(running, attribute) != getattr(startup, attribute):
            yield f"router bgp: {attribute.replace('_', ' ')} is not saved as it runs"


_PROCESS_FIELDS = (
    "asn",
    "cluster_id",
    "router_id",
    "default_ipv4",
    "graceful_restart",
    "restart_time",
    "stalepath_time",
    "timers",
    "log_changes",
    "additional_paths",
    "listen_ranges",
    "vrf_neighbors",
    "extra",
)


def _must_be_whole(lines: list[tuple[int, str]], command: str) -> None:
    if not lines:
        raise IosTextError(command, 0, "", "the router answered nothing; a configuration is never empty")
    announced = any(_HEADER.match(line) for _number, line in lines)
    if announced and not any(line == "end" for _number, line in lines):
        refuse(command, *lines[-1], "the configuration stops before `end`; read it again")


def _without_banners(lines: Iterator[tuple[int, str]], command: str) -> Iterator[tuple[int, str]]:
    """A banner may hold any text, `router bgp` too."""
    closing, opened = "", (0, "")
    for number, line in lines:
        if closing:
            closing = "" if closing in line else closing
            continue
        banner = _BANNER.match(line)
        if banner is None:
            yield number, line
        elif banner.group(1) not in banner.group(2):
            closing, opened = banner.group(1), (number, line)
    if closing:
        refuse(
            command, *opened, f"this banner is never closed with {closing!r}; read the configuration again"
        )


Words = list[str]


@dataclass
class _Draft:
    """Fields of a neighbour while its lines are read."""

    fields: dict[str, object] = field(default_factory=dict)
    families: set[str] = field(default_factory=set)
    extra: set[str] = field(default_factory=set)


class _Reader:
    """One pass over the lines of a configuration."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.section = ""
        self.context = ROUTER
        self.template = ""
        self.asn_text = ""
        self.process: dict[str, object] = {}
        self.process_extra: set[str] = set()
        self.ranges: list[ListenRange] = []
        self.drafts: dict[str, _Draft] = {}
        self.vrfs: dict[str, set[str]] = {}
        self.lines: list[Line] = []
        self.names: dict[str, str] = {}
        self.prefix_lists: dict[str, list[PrefixRule]] = {}
        self.uses: dict[str, list[str]] = {}
        self.archive = False
        self.unknown: list[str] = []

    def read(self, number: int, line: str) -> None:
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
        for lead, read in _PROCESS:
            if tuple(words[: len(lead)]) == lead:
                try:
                    return read(self, words[len(lead) :], negated)
                except (ValueError, IndexError):
                    return False
        return False

    def _name(self, word: str) -> str:
        """Address in one form, or the name of a group; remembered, since a name comes many times."""
        name = self.names.get(word)
        if name is None:
            name = self.names[word] = address_or_none(word) or word
        return name

    def _draft(self, name: str) -> _Draft:
        draft = self.drafts.get(name)
        if draft is None:
            draft = self.drafts[name] = _Draft()
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
        read = _NEIGHBOR.get(key)
        try:
            in_a_field = read is not None and read(draft, rest, negated)
        except (ValueError, IndexError):
            return False
        if not in_a_field and (negated or tail not in HIDDEN_NEIGHBOR_DEFAULTS):
            draft.extra.add(mask(statement))
        self.lines.append(Line(context, name, mask(f"{'no ' if negated else ''}neighbor {name} {tail}")))
        return True

    def result(self) -> RunningConfig:
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
            listen_ranges=tuple(self.ranges),
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
            **self.process,  # type: ignore[arg-type]
        )


def _family(text: str) -> str:
    """Name of an address family in one form: IOS shows `ipv4` for `ipv4 unicast`."""
    words = text.split()[1:]
    if words[1:2] == ["unicast"]:
        del words[1]
    return " ".join(words)


# Readers of one statement each. They get what follows the leading words, and whether `no` stood before it;
# False means: nothing to put into a field, keep the line as it is. ValueError: a form that is not known.
def _cluster_id(reader: _Reader, rest: Words, negated: bool) -> bool:
    if not negated:
        reader.process["cluster_id"] = cluster_id_number(rest[0])
    return True


def _router_id(reader: _Reader, rest: Words, negated: bool) -> bool:
    if not negated:
        reader.process["router_id"] = " ".join(rest)
    return True


def _default_ipv4(reader: _Reader, _rest: Words, negated: bool) -> bool:
    reader.process["default_ipv4"] = not negated
    return True


def _graceful_restart(reader: _Reader, rest: Words, negated: bool) -> bool:
    if negated or (rest and rest[0] not in ("restart-time", "stalepath-time")):
        return negated and not rest
    if rest:
        reader.process[rest[0].replace("-", "_")] = int(rest[1])
    else:
        reader.process["graceful_restart"] = True
    return True


def _timers(reader: _Reader, rest: Words, negated: bool) -> bool:
    if not negated:
        reader.process["timers"] = (int(rest[0]), int(rest[1]))
    return len(rest) == 2


def _log_changes(reader: _Reader, _rest: Words, negated: bool) -> bool:
    reader.process["log_changes"] = not negated
    return True


def _additional_paths(reader: _Reader, rest: Words, negated: bool) -> bool:
    if negated or rest[0] == "select":
        return False
    reader.process["additional_paths"] = " ".join(rest)
    return True


def _listen_range(reader: _Reader, rest: Words, negated: bool) -> bool:
    if negated or "peer-group" not in rest:
        return False
    reader.ranges.append(ListenRange(rest[0], rest[rest.index("peer-group") + 1]))
    return len(rest) == 3


_PROCESS: tuple[tuple[tuple[str, ...], Callable[[_Reader, Words, bool], bool]], ...] = (
    (("bgp", "cluster-id"), _cluster_id),
    (("bgp", "router-id"), _router_id),
    (("bgp", "default", "ipv4-unicast"), _default_ipv4),
    (("bgp", "graceful-restart"), _graceful_restart),
    (("bgp", "log-neighbor-changes"), _log_changes),
    (("bgp", "additional-paths"), _additional_paths),
    (("bgp", "listen", "range"), _listen_range),
    (("timers", "bgp"), _timers),
)


def _peer_group(draft: _Draft, rest: str, negated: bool) -> bool:
    if rest and not negated:
        draft.fields["group"] = rest
    return not negated


def _remote_as(draft: _Draft, rest: str, negated: bool) -> bool:
    if negated:
        return False
    words = rest.split()
    draft.fields["remote_as"] = asn_number(words[0])
    if len(words) > 1:
        draft.extra.add(f"remote-as {rest}")
    return True


def _text(name: str) -> Callable[[_Draft, str, bool], bool]:
    def read(draft: _Draft, rest: str, negated: bool) -> bool:
        if not negated:
            draft.fields[name] = rest
        return not negated

    return read


def _flag(name: str) -> Callable[[_Draft, str, bool], bool]:
    def read(draft: _Draft, rest: str, negated: bool) -> bool:
        draft.fields[name] = not negated
        return not rest

    return read


def _password(draft: _Draft, rest: str, negated: bool) -> bool:
    if not negated:
        draft.fields["password"] = read_password(rest)
    return not negated


def _neighbor_timers(draft: _Draft, rest: str, negated: bool) -> bool:
    if negated:
        return False
    words = rest.split()
    draft.fields["timers"] = (int(words[0]), int(words[1]))
    return len(words) == 2


def _transport(draft: _Draft, rest: str, negated: bool) -> bool:
    if rest.startswith("connection-mode"):
        draft.fields["passive"] = rest.endswith(" passive") and not negated
        return True
    return False


def _lists(draft: _Draft, rest: str, negated: bool) -> bool:
    name, direction = rest.split()
    if negated or direction not in ("in", "out"):
        return False
    draft.fields[f"prefix_{direction}"] = name
    return True


def _maximum(draft: _Draft, rest: str, negated: bool) -> bool:
    found = _MAXIMUM.match(rest)
    if negated or not found:
        return False
    limit, threshold, action = found.groups()
    draft.fields["maximum_prefix"] = MaximumPrefix(
        int(limit), int(threshold or DEFAULT_THRESHOLD), action or ""
    )
    return True


def _inherit(draft: _Draft, _rest: str, negated: bool) -> bool:
    draft.fields["templates"] = not negated
    return False


_NEIGHBOR: dict[str, Callable[[_Draft, str, bool], bool]] = {
    "peer-group": _peer_group,
    "remote-as": _remote_as,
    "description": _text("description"),
    "password": _password,
    "update-source": _text("update_source"),
    "timers": _neighbor_timers,
    "transport": _transport,
    "shutdown": _flag("shutdown"),
    "activate": _flag("active"),
    "route-reflector-client": _flag("route_reflector_client"),
    "prefix-list": _lists,
    "maximum-prefix": _maximum,
    "additional-paths": _text("additional_paths"),
    "inherit": _inherit,
}
