# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of exec mode."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lab.ios import routes, show, texts
from lab.ios.grammar import CliError, Grammar, Match, Rule, is_address
from lab.ios.login import Login
from lab.ios.neighbors import neighbors
from lab.ios.nuisances import BUSY, OTHER_IMAGE, OVERWRITE

Handler = Callable[..., str]
# What [confirm] takes for a yes: Enter, a space, y
GO_ON = ("", " ", "y", "Y")


class ExecGrammar(Grammar):
    """Exec commands: a grammar whose rules have handlers."""

    def __init__(self) -> None:
        super().__init__(())
        self._handlers: dict[Rule, Handler] = {}

    def add(self, level: str, template: str, handler: Handler) -> None:
        """A command of ``level``: user (from 1), partial (from 2) or exec (15)."""
        rule = Rule(level, template)
        self._handlers[rule] = handler
        self.by_mode.setdefault(level, []).append(rule)

    def handler(self, match: Match) -> Handler:
        """What to call with the session and the match's arguments."""
        return self._handlers[match.rule]


def _enable(session: Login, *_: str) -> str:
    def answer(typed: str) -> str:
        if typed != session.router.enable_secret:
            return "% Bad secrets\n\n"
        session.privilege = 15
        return ""

    return session.ask("Password: ", answer, hidden=True) if session.privilege < 15 else ""


def _disable(session: Login) -> str:
    session.privilege = 1
    return ""


def _leave(session: Login) -> str:
    session.closed = True
    return ""


def _terminal(session: Login, what: str, value: str) -> str:
    if what == "length":
        session.length = int(value)
    return ""


def _write(session: Login, *_: str) -> str:
    nuisances = session.router.nuisances
    if nuisances.saving_fails:
        return BUSY
    if nuisances.other_image:
        session.ask(OVERWRITE, lambda key: _overwrite(session, key), single_key=True)
        return OTHER_IMAGE
    session.router.write()
    return "Building configuration...\n[OK]\n"


def _overwrite(session: Login, key: str) -> str:
    if key not in GO_ON:
        return ""
    session.router.nuisances.other_image = False
    return _write(session)


def _copy(session: Login) -> str:
    return session.ask("Destination filename [startup-config]? ", lambda _: _write(session))


def _configure(session: Login) -> str:
    return session.configure()


def _revert_timer(session: Login, minutes: str, idle: str = "") -> str:
    session.router.nuisances.entering()
    backing_up = session.router.archive.begin(session.user, int(minutes), bool(idle))
    return backing_up + session.configure()


def _revert_idle(session: Login, minutes: str) -> str:
    return _revert_timer(session, minutes, "idle")


def _change_timer(session: Login, minutes: str) -> str:
    return session.router.archive.change(int(minutes), False)


def _change_idle(session: Login, minutes: str) -> str:
    return session.router.archive.change(int(minutes), True)


def _clear_bgp(session: Login, what: str, *soft: str) -> str:
    bgp = session.router.bgp
    if bgp is None:
        raise CliError("% BGP not active\n")
    if what != "*" and not is_address(what) and what not in bgp.groups():
        raise CliError(f"% No such peer-group {what}\n")
    target = f"peer-group {what}" if what in bgp.groups() else what
    complaint = session.router.frr.run(" ".join(["clear bgp ipv4 unicast", target, *soft])).strip()
    return f"{complaint}\n" if complaint.startswith("%") else ""


def _running(session: Login, *_: str) -> str:
    if session.privilege < 15:
        return texts.PARTIAL.format(hostname=session.router.hostname)
    return session.router.running_config()


def _startup(session: Login) -> str:
    startup = session.router.startup
    if startup is None:
        return "startup-config is not present\n"
    body = startup.text.partition("!\n")[2]
    return f"Using {len(body)} out of 262144 bytes\n!\n{body}"


def _clock(session: Login) -> str:
    return time.strftime("*%H:%M:%S.000 UTC %a %b %-d %Y\n", time.gmtime())


def _archive_config(session: Login) -> str:
    session.router.archive.save()
    return ""


def _shown(command: Callable[..., str], *fixed: Any) -> Handler:
    return lambda session, *given: command(session.router, *fixed, *given)


def _longer_prefixes(session: Login, *given: str) -> str:
    return show.longer_prefixes(session.router, *given[:-1])


def _table() -> ExecGrammar:
    grammar = ExecGrammar()
    for level, template, handler in (
        ("user", "enable [<int>]", _enable),
        ("user", "disable", _disable),
        ("user", "exit", _leave),
        ("user", "logout", _leave),
        ("user", "quit", _leave),
        ("user", "terminal length|width <int:0-512>", _terminal),
        ("user", "show privilege", lambda s: f"Current privilege level is {s.privilege}\n"),
        ("user", "show version", lambda s: texts.version(s.router.hostname, s.router.started)),
        ("user", "show clock", _clock),
        ("user", "show inventory", lambda s: texts.INVENTORY),
        ("partial", "show running-config [all|full|brief]", _running),
        ("exec", "show startup-config", _startup),
        ("exec", "show archive", lambda s: s.router.archive.show()),
        ("exec", "show archive config rollback timer", lambda s: s.router.archive.show_timer()),
        ("exec", "archive config", _archive_config),
        ("exec", "configure terminal", _configure),
        ("exec", "configure terminal revert timer <int:1-120>", _revert_timer),
        ("exec", "configure terminal revert timer idle <int:1-120>", _revert_idle),
        ("exec", "configure confirm", lambda s: s.router.archive.confirm()),
        ("exec", "configure revert now", lambda s: s.router.archive.revert()),
        ("exec", "configure revert timer <int:1-120>", _change_timer),
        ("exec", "configure revert timer idle <int:1-120>", _change_idle),
        ("exec", "write [memory]", _write),
        ("exec", "copy running-config startup-config", _copy),
        ("user", "show ip route <ipv4>", _shown(routes.route)),
        ("user", "show bgp all cluster-ids", _shown(show.cluster_ids)),
        ("user", "show bgp ipv6 unicast", _shown(show.table, "ipv6")),
        ("user", "show bgp ipv6 unicast summary", _shown(show.summary, "ipv6")),
    ):
        grammar.add(level, template, handler)
    for head in ("clear ip bgp", "clear bgp ipv4 unicast"):
        grammar.add("exec", f"{head} * [soft] [in|out]", lambda s, *soft: _clear_bgp(s, "*", *soft))
        grammar.add("exec", f"{head} <address> [soft] [in|out]", _clear_bgp)
        # The bare name of a group is no argument of this command (Cisco: clear ip bgp peer-group).
        grammar.add("exec", f"{head} peer-group <group> [soft] [in|out]", _clear_bgp)
    for head in ("show ip bgp", "show bgp ipv4 unicast"):
        for template, handler in (
            ("", _shown(show.table, "ipv4")),
            ("summary", _shown(show.summary, "ipv4")),
            ("<prefix>", _shown(show.route)),
            ("<ipv4>", _shown(show.route)),
            ("<ipv4prefix> longer-prefixes", _longer_prefixes),
            ("<ipv4> <ipv4> longer-prefixes", _longer_prefixes),
            ("update-group", _shown(show.update_groups)),
            ("neighbors [<address>]", _shown(neighbors)),
            ("neighbors <address> advertised-routes|received-routes|routes", _shown(show.neighbor_routes)),
        ):
            grammar.add("user", f"{head} {template}".strip(), handler)
    return grammar


EXEC = _table()
