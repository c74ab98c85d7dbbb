# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of faults there are: what the command line offers."""

from __future__ import annotations

from dataclasses import dataclass

MESH_OFF = "mesh-off"
NODE, REFLECTOR, UPSTREAM = "node", "reflector", "upstream"


@dataclass(frozen=True)
class Kind:
    """What it does, which machines it is for, and the name of its argument ("" for none, FORMS for its
    form). `passes`: it heals by itself after as many seconds as its argument says."""

    help: str
    targets: tuple[str, ...]
    argument: str = ""
    passes: bool = False


#: What an argument looks like, and how to say it.
FORMS = {
    "BYTES": (r"[1-9]\d{0,8}", "a number of bytes, from 1"),
    "LINE": (r"[1-9]\d{0,5}", "the number of a configuration line, from 1"),
    "MILLISECONDS": (r"[1-9]\d{0,5}", "a number of milliseconds, from 1"),
    "SECONDS": (r"[1-9]\d{0,3}", "a number of seconds, from 1"),
    "USER": (r"\S+", "the name of a user"),
    "WHERE": (
        r"(?:key|line|answer):[1-9]\d{0,5}(?::synchronous)?",
        "a place like key:7 or answer:3:synchronous",
    ),
}
KINDS = {
    "stop": Kind("dies as if its power were cut: no last word", (NODE, REFLECTOR, UPSTREAM)),
    "cut": Kind("its cable is pulled", (NODE, REFLECTOR, UPSTREAM)),
    "refuse-bgp": Kind("refuses TCP port 179 to one node", (REFLECTOR,), "NODE"),
    "kill-bird": Kind("its BIRD is killed and stays away", (NODE,)),
    "reload": Kind(
        "restarts, and is back with its startup configuration after so many seconds",
        (REFLECTOR,),
        "SECONDS",
        passes=True,
    ),
    "kill-bgpd": Kind("its BGP process is killed and stays away", (REFLECTOR,)),
    "restart-bgpd": Kind(
        "its BGP process is killed, and is back with the running configuration after so many seconds",
        (REFLECTOR,),
        "SECONDS",
        passes=True,
    ),
    "kubelet-silent": Kind("its kubelet answers nothing, and what runs by exec says no more", (NODE,)),
    "exec-refused": Kind("its kubelet refuses exec", (NODE,)),
    "exec-cut": Kind("its kubelet breaks a session of exec after so many bytes", (NODE,), "BYTES"),
    "exec-slow": Kind("each piece of an answer by exec comes so late", (NODE,), "MILLISECONDS"),
    "pod-missing": Kind("the API has no pod calico-node of it", (NODE,)),
    "ssh-dead": Kind("its SSH refuses connections", (NODE, REFLECTOR)),
    "refuse-line": Kind("refuses configuration lines that match", (REFLECTOR,), "REGEX"),
    "refuse-nth": Kind("refuses the configuration line of this number from now", (REFLECTOR,), "LINE"),
    "lock-config": Kind("another user holds its configuration mode", (REFLECTOR,), "USER"),
    "save-busy": Kind("cannot open its startup configuration for saving", (REFLECTOR,)),
    "save-asks": Kind("asks before it saves, as after a change of its image", (REFLECTOR,)),
    "slow-lines": Kind("takes so long for each configuration line", (REFLECTOR,), "MILLISECONDS"),
    "log-messages": Kind(
        "a log message after every so many keys, lines, or lines of an answer", (REFLECTOR,), "WHERE"
    ),
    "cut-ssh": Kind(
        "drops its SSH sessions after the configuration line of this number", (REFLECTOR,), "LINE"
    ),
    "deaf": Kind("answers nothing from the configuration line of this number on", (REFLECTOR,), "LINE"),
}
