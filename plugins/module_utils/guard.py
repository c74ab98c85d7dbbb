# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard on a control plane node: the commands that arm it, tell it that the run lives, and disarm it.

A transient unit of systemd waits there. When it has heard nothing of the run for so many seconds, it turns
the mesh on with the node's own kubectl or calicoctl. It keeps its files below /run, so that a restart of the
node takes it away, and measures time since the boot, which no clock that is set moves.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from .calico import objects
from .model.cluster import Node
from .printable import printable

#: Where a guard can be, beside control plane nodes.
CONTROLLER = "controller"
AUTO, NODE, NONE = "auto", "node", "none"
WHERE = (AUTO, NODE, CONTROLLER, NONE)
#: So many control plane nodes have one.
MOST = 2
#: Seconds beside the hold time within which a run that lives is heard of again.
BESIDE_HOLD = 60
#: Seconds; a run that lives may be silent for some of them between two steps.
LEAST, LONGEST = 20.0, 3600.0
#: Seconds for which one that finds the mesh on stays, as the cut may be late.
LINGER = 120
FOLDER = PurePosixPath("/run/calico-bgp-guard")
#: Where installers leave an administrator's kubeconfig: kubeadm, RKE2, k3s, k0s.
KUBECONFIGS = (
    "/etc/kubernetes/admin.conf",
    "/etc/rancher/rke2/rke2.yaml",
    "/etc/rancher/k3s/k3s.yaml",
    "/var/lib/k0s/pki/admin.conf",
)
#: Labels of a control plane node; the second one is that of Kubernetes before 1.24.
LABELS = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/var/lib/rancher/rke2/bin"
_ANSWER = re.compile(r"^GUARD: (?P<word>\w+)(?: (?P<silent>-?\d+) (?P<seconds>\d+) (?P<who>.*))?$", re.M)


@dataclass(frozen=True)
class Guard:
    """A guard of one cluster on one node: what it has to know.

    `who` names run and change in its log, `seconds` is how long it bears the run's silence, `body` the merge
    patch that turns the mesh on, as JSON. `kubeconfig` is a path on the node, "" to look where installers
    leave one. `version` is the resourceVersion that BGPConfiguration `default` has there, "" for any: it
    shows that the node's kubeconfig leads to the cluster of the run. `groups` are those of the API that
    kubectl may write to.
    """

    cluster: str
    who: str
    seconds: int
    body: str
    kubeconfig: str = ""
    version: str = ""
    groups: tuple[str, ...] = ("projectcalico.org",)


@dataclass(frozen=True)
class Seen:
    """What a host said of the guard there.

    `there` is whether one is armed, or None where that is not known; `text` says why, or whose it is.
    `silent` and `seconds`: it has heard nothing for so long, and acts after that long.
    """

    host: str
    there: bool | None
    text: str = ""
    silent: int = 0
    seconds: int = 0


class GuardError(Exception):
    """What was asked for of a guard cannot be."""


def unit(cluster: str) -> str:
    """The name of the unit.

    >>> unit("prod/1")
    'calico-bgp-guard-prod_1'
    """
    return "calico-bgp-guard-" + re.sub(r"[^A-Za-z0-9_.-]", "_", cluster)


def duration(given: object, hold: int) -> int:
    """How long the guard bears silence, in seconds; GuardError where what was given is no such time.

    >>> duration("", 30), duration(45, 30)
    (90, 45)
    """
    text = "" if given is None else str(given).strip()
    if not text:
        return hold + BESIDE_HOLD
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) or not LEAST <= float(text) <= LONGEST:
        raise GuardError(
            f"calico_bgp_guard_seconds is {printable(text)}; give {LEAST:.0f} to {LONGEST:.0f} seconds, or "
            "nothing for the hold time and a minute"
        )
    return int(float(text))


def wanted(given: object) -> str:
    """One of WHERE; GuardError where it is another word.

    >>> wanted(""), wanted("node")
    ('auto', 'node')
    """
    word = str(given or AUTO).strip()
    if word not in WHERE:
        raise GuardError(f"calico_bgp_guard is {printable(word)}; use one of {', '.join(WHERE)}")
    return word


def candidates(
    groups: Mapping[str, Sequence[str]], nodes: Iterable[Node], hosts: Collection[str]
) -> tuple[str, ...]:
    """The hosts of the run on which a guard can be: two of group calico_control_plane, or of the nodes in
    calico_nodes that Kubernetes has as control plane. `hosts` are those that take part in the run."""
    named = groups.get("calico_control_plane")
    if not named:
        reached = set(groups.get("calico_nodes", ()))
        named = [n.name for n in nodes if n.name in reached and any(label in n.labels for label in LABELS)]
    return tuple(name for name in named if name in hosts)[:MOST]


def body(configuration: Mapping[str, Any] | None) -> str:
    """The merge patch that turns the mesh on again, made of BGPConfiguration `default` before the cut.

    Of the spec alone: the annotation in which the cut keeps what only a mesh may have does no harm.
    """
    return json.dumps(objects.mesh_by_hand(configuration), sort_keys=True)


def api_groups(api_mode: str) -> tuple[str, ...]:
    """The API groups that kubectl may write to, in order.

    With Calico's API server, a pod, the custom resources behind it do as well, when it is out of reach.
    Without it there is none but its own group: the other one may be left over from a migration.
    """
    return ("projectcalico.org", "crd.projectcalico.org") if api_mode == "A" else ("projectcalico.org",)


def _head(guard: Guard) -> str:
    """What all the scripts of a guard share: its words and how it asks and writes."""
    words = {
        "PATH": _PATH,
        "unit": unit(guard.cluster),
        "here": str(FOLDER / unit(guard.cluster)),
        "who": printable(guard.who),
        "seconds": str(guard.seconds),
        "body": guard.body,
        "linger": str(LINGER),
    }
    lines = [f"{name}={shlex.quote(value)}" for name, value in words.items()]
    return "\n".join(["umask 077", *lines, "export PATH", _TOOLS])


# Busybox has all of it, too.
_TOOLS = r"""
uptime() { read -r up rest < /proc/uptime; up=${up%.*}; }
hear() { uptime; echo "$up" > "$1/heard.new" && mv "$1/heard.new" "$1/heard"; }
look() {
  case $1 in
    calicoctl) timeout 10 calicoctl get bgpconfiguration default --output=json \
      --config="$here/calicoctl.cfg" --allow-version-mismatch ;;
    *) timeout 10 kubectl --kubeconfig="$(cat "$here/kubeconfig")" --request-timeout=8s \
      get "bgpconfigurations.$1" default --output=json ;;
  esac
}
turn_on() {
  case $1 in
    calicoctl) timeout 10 calicoctl patch bgpconfiguration default --type=merge --patch="$body" \
      --config="$here/calicoctl.cfg" --allow-version-mismatch ;;
    *) timeout 10 kubectl --kubeconfig="$(cat "$here/kubeconfig")" --request-timeout=8s \
      patch "bgpconfigurations.$1" default --type=merge --patch="$body" ;;
  esac
}
last() { printf '%s\n' "$1" | tail -n 1; }"""

# The unit. What it does is decided by its folder: without it there is no guard.
_WAIT = r"""
say() { logger -t "$unit" -- "$who: $1" 2>/dev/null || echo "$who: $1"; }
leave() { rm -rf "$here"; rmdir "${here%/*}" 2>/dev/null; exit 0; }
tries=0
while sleep 1; do
  heard=$(cat "$here/heard" 2>/dev/null) || exit 0
  uptime
  silent=$((up - heard))
  [ "$silent" -ge "$seconds" ] || continue
  why=""
  for tool in $(cat "$here/tools"); do
    said=$(look "$tool" 2>&1) || { why="$why $tool: $(last "$said")"; continue; }
    case $said in
      *'"nodeToNodeMeshEnabled": false'*) ;;
      *)
        [ "$silent" -ge $((seconds + linger)) ] || { sleep 4; continue 2; }
        say "nothing heard for $silent s; the mesh is on, there is nothing to do"
        leave ;;
    esac
    [ "$(cat "$here/heard" 2>/dev/null)" = "$heard" ] || continue 2
    said=$(turn_on "$tool" 2>&1) || { why="$why $tool: $(last "$said")"; continue; }
    say "nothing heard for $silent s: turned the mesh on"
    leave
  done
  [ $((tries % 30)) -ne 0 ] || say "nothing heard for $silent s, and the mesh cannot be turned on:$why"
  tries=$((tries + 1))
  if [ "$silent" -ge $((seconds + 3600)) ]; then
    say "an hour of tries is over, and the mesh was not turned on: turn it on by hand"
    leave
  fi
done
"""

_ARM = r"""
final=$here
refuse() { rm -rf "$final.new"; rmdir "${final%/*}" 2> /dev/null; echo "$1"; exit 10; }
if [ -e "$here/heard" ] && [ "$(cat "$here/who")" = "$who" ] && systemctl is-active --quiet "$unit"; then
  hear "$here"
  echo "GUARD: there"
  exit 0
fi
[ "$(id -u)" = 0 ] || refuse "it needs root (become) for a unit of systemd"
for program in systemd-run systemctl timeout; do
  command -v $program > /dev/null || refuse "there is no program $program"
done
for kubeconfig in $kubeconfigs; do [ ! -r "$kubeconfig" ] || break; done
[ -r "$kubeconfig" ] || \
  refuse "there is no kubeconfig (looked for $kubeconfigs); name it in calicoctl_kubeconfig"
mkdir -p "$here.new" || refuse "$here.new cannot be made"
here=$final.new
printf '%s\n' "$kubeconfig" > "$here/kubeconfig"
printf '%s\n' "$who" > "$here/who"
printf '%s\n' "$seconds" > "$here/seconds"
cat > "$here/calicoctl.cfg" <<END
apiVersion: projectcalico.org/v3
kind: CalicoAPIConfig
metadata:
spec:
  datastoreType: kubernetes
  kubeconfig: "$kubeconfig"
END
printf '%s' "$script" > "$here/guard"
tools="" why=""
for tool in $ways; do
  program=kubectl
  [ "$tool" != calicoctl ] || program=calicoctl
  command -v $program > /dev/null || { why="$why; there is no $program"; continue; }
  said=$(look "$tool" 2>&1) || { why="$why; $program: $(last "$said")"; continue; }
  case $said in
    *"\"resourceVersion\": \"$version"*) tools="$tools $tool" ;;
    *) why="$why; $program with $kubeconfig reads another BGPConfiguration than the run did" ;;
  esac
done
here=$final
[ -n "$tools" ] || refuse "the mesh could not be turned on from here: ${why#; }"
printf '%s\n' $tools > "$here.new/tools"
hear "$here.new"
systemctl stop "$unit" 2> /dev/null
systemctl reset-failed "$unit" 2> /dev/null
rm -rf "$here"
mv "$here.new" "$here" || refuse "$here cannot be made"
said=$(systemd-run --unit="$unit" --collect \
  --description="Turns Calico's mesh on when nothing is heard of $who" \
  --property=Restart=on-failure --property=RestartSec=5 /bin/sh "$here/guard" 2>&1) && \
  systemctl is-active --quiet "$unit" || { rm -rf "$here"; refuse "systemd-run: $(last "$said")"; }
echo "GUARD: armed"
"""

_HEAR = r"""
[ -e "$here/heard" ] || { echo "GUARD: gone"; exit 0; }
hear "$here" && echo "GUARD: there 0 $(cat "$here/seconds") $(cat "$here/who")"
"""

# The folder first: from then on the unit does nothing any more, and nobody can tell it anything.
_DISARM = r"""
word=gone
[ ! -e "$here" ] || { word=disarmed; rm -rf "$here.off"; mv "$here" "$here.off"; }
systemctl stop "$unit" 2> /dev/null
systemctl reset-failed "$unit" 2> /dev/null
! systemctl is-active --quiet "$unit" || { echo "the unit $unit does not stop"; exit 10; }
rm -rf "$here.off" "$here.new"
rmdir "${here%/*}" 2> /dev/null
echo "GUARD: $word"
"""

_FIND = r"""
[ -e "$here/heard" ] || { echo "GUARD: gone"; exit 0; }
uptime
state=there
systemctl is-active --quiet "$unit" || state=stopped
echo "GUARD: $state $((up - $(cat "$here/heard"))) $(cat "$here/seconds") $(cat "$here/who")"
"""


def script(guard: Guard) -> str:
    """What the unit runs."""
    return _head(guard) + _WAIT


def arm(guard: Guard) -> str:
    """The command that arms the guard, or tells the one of this run that is there that the run lives.

    Nothing is left behind where it says why there can be none.
    """
    words = {
        "script": script(guard),
        "version": f'{guard.version}"' if guard.version else "",
        "ways": " ".join(("calicoctl", *guard.groups)),
        "kubeconfigs": guard.kubeconfig or " ".join(KUBECONFIGS),
    }
    lines = [f"{name}={shlex.quote(value)}" for name, value in words.items()]
    return _command("\n".join([_head(guard), *lines]) + _ARM)


def hear(cluster: str) -> str:
    """The command that tells the guard, if there is one, that the run lives."""
    return _of(cluster, _HEAR)


def disarm(cluster: str) -> str:
    """The command after which there is no guard."""
    return _of(cluster, _DISARM)


def find(cluster: str) -> str:
    """The command that changes nothing and says whether there is a guard."""
    return _of(cluster, _FIND)


def _of(cluster: str, rest: str) -> str:
    return _command(_head(Guard(cluster, "", 0, "")) + rest)


def _command(text: str) -> str:
    return f"/bin/sh -c {shlex.quote(text)}"


def answer(host: str, status: int, output: str) -> tuple[str, Seen]:
    """What a command said: its word (armed, there, stopped, disarmed, gone, or "" for none), and what that
    means of the guard on the host."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    found = _ANSWER.search("\n".join(lines))
    if status or not found:
        return "", Seen(host, None, printable(lines[-1]) if lines else f"no answer (exit status {status})")
    word = found["word"]
    if found["who"] is None:
        return word, Seen(host, word in ("armed", "there"))
    text = printable(found["who"]) + (", and its unit does not run" if word == "stopped" else "")
    return word, Seen(host, True, text, int(found["silent"]), int(found["seconds"]))


def seen_from(data: Mapping[str, Any]) -> Seen:
    """Seen out of what to_data() made of one."""
    return Seen(**data)
