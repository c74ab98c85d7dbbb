# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration mode: takes lines as a user types them and changes the router accordingly."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.ios.accesslists import EXTENDED, STANDARD, kind_of
from lab.ios.bgp import Bgp
from lab.ios.grammar import INCOMPLETE, CliError, Match
from lab.ios.rules import CONFIG
from lab.ios.running import Running

PROMPTS = {
    "config": "(config)#",
    "router": "(config-router)#",
    "af": "(config-router-af)#",
    "archive": "(config-archive)#",
    "interface": "(config-if)#",
    "route-map": "(config-route-map)#",
    "standard": "(config-std-nacl)#",
    "extended": "(config-ext-nacl)#",
}
LEAST_HOLD = 20
SHORT_HOLD = "% Warning: A hold time of less than 20 seconds increases the chances of peer flapping\n"
GENERAL = "% General session commands not allowed under the address family\n"


def _negation(words: Sequence[str]) -> tuple[bool, list[str]]:
    if len(words) > 1 and words[0] in ("no", "default"):
        return True, list(words[1:])
    return False, list(words)


def _warning(match: Match) -> str:
    """What IOS says of a line that it takes."""
    if match.words[0] == "timers" or match.words[2:3] == ("timers",):
        at = 2 if match.words[0] == "neighbor" else 1
        return SHORT_HOLD if 0 < int(match.arguments[at]) < LEAST_HOLD else ""
    return ""


class Configurator:
    """One user in configuration mode. ``mode`` is a key of PROMPTS, or "" once the user left."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self.mode, self.family, self.head = "config", "", ""

    def line(self, text: str) -> str:
        """Take one line; what IOS prints. Raises CliError."""
        words = text.split()
        if words[0].lower() in ("end", "en"):
            self.mode = ""
            return ""
        if "exit".startswith(words[0].lower()) and len(words[0]) > 1:
            self.mode = {"af": "router", "config": ""}.get(self.mode, "config")
            return ""
        modes: dict[str, Callable[[list[str]], str]] = {"router": self._in_router, "af": self._in_family}
        return modes.get(self.mode, self._in_section)(words)

    def at(self, path: Sequence[str], text: str) -> str:
        """Take ``text`` inside the sections ``path``, from the top. Raises CliError."""
        self.mode = "config"
        for step in path:
            self.line(step)
        return self.line(text)

    # Matching

    def _match(self, modes: Sequence[str], words: Sequence[str], negated: bool) -> Match:
        try:
            return CONFIG.match(modes, words, negated=negated)
        except CliError as error:
            if error.word is not None:
                error.word += negated
            raise

    def _global(self, words: Sequence[str], first: CliError | None = None) -> str:
        """A line of global configuration, which IOS takes in every sub-mode too."""
        negated, rest = _negation(words)
        try:
            match = self._match(["config"], rest, negated)
        except CliError as error:
            raise (first or error) from None
        self.mode = "config"
        return self._apply_global(match, negated)

    # Modes

    def _process(self) -> Bgp:
        if self._running.bgp is None:
            self.mode = "config"
            raise CliError("% BGP not active\n")
        return self._running.bgp

    def _in_router(self, words: list[str]) -> str:
        bgp = self._process()
        negated, rest = _negation(words)
        if len(rest) > 1 and len(rest[0]) > 1 and "address-family".startswith(rest[0].lower()):
            name = " ".join(rest[1:]).lower()
            if negated:
                bgp.remove_family(name)
            else:
                self.family, self.mode = bgp.enter_family(name), "af"
            return ""
        if negated and rest[0] == "neighbor" and len(rest) == 2:
            bgp.remove_neighbor(rest[1])
            self._running.lists_in_use()
            return ""
        try:
            match = self._match(["router", "session", "af"], rest, negated)
        except CliError as error:
            return self._global(words, error)
        self._apply_bgp(bgp, match, "ipv4" if match.rule.mode == "af" else None, negated)
        return "" if negated else _warning(match)

    def _in_family(self, words: list[str]) -> str:
        bgp = self._process()
        if len(words[0]) > 5 and "exit-address-family".startswith(words[0].lower()):
            self.mode = "router"
            return ""
        negated, rest = _negation(words)
        try:
            match = self._match(["af"], rest, negated)
        except CliError as error:
            if rest[0] != "neighbor":
                return self._global(words, error)
            match = self._session_in_family(rest, negated, error)
        self._apply_bgp(bgp, match, self.family if match.rule.mode == "af" else None, negated)
        return ""

    def _session_in_family(self, words: Sequence[str], negated: bool, first: CliError) -> Match:
        try:
            match = self._match(["session"], words, negated)
        except CliError:
            raise first from None
        if match.words[2] != "peer-group":
            raise CliError(GENERAL)
        return match

    def _apply_bgp(self, bgp: Bgp, match: Match, family: str | None, negated: bool) -> None:
        if not negated:
            self._running.refer(match, family)
        bgp.apply(match, family, negated=negated)
        if negated:
            self._running.lists_in_use()

    def _in_section(self, words: list[str]) -> str:
        if self.mode == "config":
            return self._global(words)
        negated, rest = _negation(words)
        lists = self.mode in (STANDARD, EXTENDED)
        try:
            match = self._match(["access-list" if lists else self.mode], rest, negated)
        except CliError as error:
            return self._global(words, error)
        if lists:
            self._access_entry(match, negated)
        else:
            self._running.section_line(self.head, match, negated)
        return ""

    # Global configuration

    def _apply_global(self, match: Match, negated: bool) -> str:
        kind = " ".join(match.words[:2]) if match.words[0] in ("ip", "ipv6", "router") else match.words[0]
        if kind == "router bgp":
            return self._router_bgp(match, negated)
        if kind.endswith("prefix-list"):
            self._prefix_list(match, negated)
        elif kind in ("ip community-list", "ip as-path"):
            self._path_list(match, negated)
        elif kind == "ip access-list":
            self._access_list(match, negated)
        elif kind == "access-list":
            self._numbered(match, negated)
        elif kind in ("interface", "archive", "route-map"):
            self._section(kind, match, negated)
        elif kind == "hostname":
            self._running.hostname = "Router" if negated else match.arguments[0]
        else:
            self._running.plain_line(match, negated)
        return ""

    def _router_bgp(self, match: Match, negated: bool) -> str:
        bgp = self._running.bgp
        if bgp and bgp.asn != match.arguments[0]:
            raise CliError(f"BGP is already running; AS is {bgp.asn}\n")
        if negated:
            self._running.stop_bgp()
            return ""
        self._running.start_bgp(match.arguments[0])
        self.mode = "router"
        return ""

    def _section(self, kind: str, match: Match, negated: bool) -> None:
        if negated:
            whole = kind == "route-map" and len(match.arguments) == 1
            self._running.remove_section(" ".join(match.words[:2]) if whole else match.text)
        else:
            self._running.open_section(match.text)
            self.mode, self.head = kind, match.text

    def _path_list(self, match: Match, negated: bool) -> None:
        at = next((at for at, word in enumerate(match.words) if word in ("permit", "deny")), None)
        head, entry = " ".join(match.words[:at]), "" if at is None else " ".join(match.words[at:])
        if negated:
            self._running.path_lists.remove(head, entry)
            self._running.lists_in_use()
        else:
            self._running.path_lists.add(head, entry)

    def _access_list(self, match: Match, negated: bool) -> None:
        kind, name = match.arguments
        if negated:
            self._running.access_lists.remove(name)
            self._running.lists_in_use()
        else:
            self._running.access_lists.open(name, kind)
            self.mode, self.head = kind, name

    def _numbered(self, match: Match, negated: bool) -> None:
        lists, (name, *entry) = self._running.access_lists, match.arguments
        if negated:  # whatever stands behind the number: IOS removes the whole list
            lists.remove(name)
            self._running.lists_in_use()
            return
        lists.open(name, kind_of(name) or STANDARD)
        try:
            lists.add(name, None, *entry)
        except CliError as error:
            if error.word is not None:
                error.word = 3
            raise

    def _access_entry(self, match: Match, negated: bool) -> None:
        number = int(match.words[0]) if match.words[0].isdecimal() else None
        action, *text = match.arguments[number is not None :] or ("",)
        if not negated and not action:
            raise CliError(INCOMPLETE)
        try:
            if negated:
                self._running.access_lists.drop(self.head, number, action, *text)
                self._running.lists_in_use()
            else:
                self._running.access_lists.add(self.head, number, action, *text)
        except CliError as error:
            if error.word is not None:
                error.word = 1 + (number is not None) + negated
            raise

    def _prefix_list(self, match: Match, negated: bool) -> None:
        lists, (protocol, name, *rest) = self._running.prefix_lists, match.arguments
        if match.key[-1:] == ("description",) or match.words[3:4] == ("description",):
            lists.describe(protocol, name, None if negated else rest[-1])
            return
        sequence = int(match.words[4]) if match.words[3:4] == ("seq",) else None
        action = next((word for word in match.words[3:] if word in ("permit", "deny")), None)
        if negated:
            by_text = (action, rest[-1]) if action and sequence is None else None
            lists.remove(protocol, name, sequence, by_text)
            self._running.lists_in_use()
        elif action:
            try:
                lists.add(protocol, name, sequence, action, rest[-1])
            except CliError as error:
                if error.word is not None:
                    error.word = len(match.words) - 1
                raise
        else:
            raise CliError(INCOMPLETE)
