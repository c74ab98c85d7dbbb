# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Lease that keeps two runs apart: who holds the cluster, and whether somebody else may.

Times are seconds since the epoch by the clock of the API server, so that those of two controllers may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..printable import printable

NAME = "calico-bgp-run"
API_VERSION = "coordination.k8s.io/v1"
#: Seconds that a hold lasts after it was renewed, and between two renewals.
SECONDS, RENEW = 120, 5.0
#: Seconds after a renewal within which a run may still change something: well before anybody takes over.
RECENT = 60.0
_ANNOTATION = "calico-bgp.telco/"
_SHOWN = ("who", "where", "playbook", "since")
_LONGEST = 200


@dataclass(frozen=True)
class Holder:
    """Who holds a cluster: a name that nobody else has, and what people are told. `since` is a time (UTC)."""

    identity: str
    who: str = "somebody"
    where: str = "somewhere"
    playbook: str = "a run"
    since: str = "a time that is not known"

    @property
    def told(self) -> str:
        """In words."""
        return f"{self.playbook} by {self.who} since {self.since} ({self.where})"


@dataclass(frozen=True)
class Lease:
    """A Lease as it was read; `holder` is None where nobody holds it."""

    holder: Holder | None
    renewed: float
    seconds: int
    version: str
    uid: str
    transitions: int

    def held(self, now: float) -> bool:
        """Whether it is somebody's. A hold that nobody renews is nobody's any more."""
        return self.holder is not None and self.left(now) > 0

    def left(self, now: float) -> float:
        """Seconds until it expires, if nobody renews it."""
        return max(self.renewed + self.seconds - now, 0.0)


def lease_from(item: Mapping[str, Any]) -> Lease:
    """The Lease that the API gave; what others may have written is printable."""
    metadata, spec = item["metadata"], item.get("spec") or {}
    notes = metadata.get("annotations") or {}
    told = {name: _short(notes[_ANNOTATION + name]) for name in _SHOWN if notes.get(_ANNOTATION + name)}
    identity = spec.get("holderIdentity") or ""
    renewed = spec.get("renewTime")
    return Lease(
        Holder(_short(identity), **told) if identity else None,
        _epoch(renewed) if renewed else 0.0,
        int(spec.get("leaseDurationSeconds") or SECONDS),
        str(metadata.get("resourceVersion", "")),
        str(metadata.get("uid", "")),
        int(spec.get("leaseTransitions") or 0),
    )


def manifest(namespace: str, holder: Holder, now: float, before: Lease | None = None) -> dict[str, Any]:
    """The Lease for a holder who has it from now on, or, where `before` was its own, still has it."""
    metadata: dict[str, Any] = {
        "name": NAME,
        "namespace": namespace,
        "annotations": {_ANNOTATION + name: getattr(holder, name) for name in _SHOWN},
    }
    if before is not None:
        metadata["resourceVersion"] = before.version
    kept = before is not None and before.holder is not None and before.holder.identity == holder.identity
    return {
        "apiVersion": API_VERSION,
        "kind": "Lease",
        "metadata": metadata,
        "spec": {
            "holderIdentity": holder.identity,
            "leaseDurationSeconds": SECONDS,
            "renewTime": _time(now),
            "leaseTransitions": (before.transitions + (not kept)) if before is not None else 0,
        },
    }


def refusal(lease: Lease, now: float) -> str:
    """Why a run may not begin while another one holds the cluster, and what to do."""
    held = lease.holder.told if lease.holder else "nobody"
    return (
        f"Another run is changing this cluster: {held}, heard of {max(now - lease.renewed, 0):.0f} s ago. "
        "Two at once would undo each other's work: wait until it is over, or stop it there, and run again. "
        f"The hold of a run that is gone ends by itself after {lease.seconds} s; mesh_on never waits for it"
    )


def waiting(lease: Lease, now: float) -> str:
    """That a run waits for a hold whose run seems to be gone."""
    held = lease.holder.told if lease.holder else "nobody"
    return (
        f"This cluster is held: {held}, heard of {max(now - lease.renewed, 0):.0f} s ago. Waiting whether "
        f"that run is still there; if it is not, its hold ends in {lease.left(now):.0f} s"
    )


def took_over(lease: Lease, now: float) -> str:
    """Whose hold was taken over."""
    held = lease.holder.told if lease.holder else "nobody"
    ago = f"heard of {now - lease.renewed:.0f} s ago"
    return f"A run that is gone held this cluster, and is followed: {held}, {ago}"


def utc(at: float) -> str:
    """A time for people."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _epoch(text: str) -> float:
    """Seconds since the epoch out of a time of Kubernetes (RFC 3339, in UTC)."""
    whole, _dot, part = text.rstrip("Z").partition(".")
    at = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return at.timestamp() + float(f"0.{part or 0}")


def _short(text: object) -> str:
    shown = printable(str(text))
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + " ..."
