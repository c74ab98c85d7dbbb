# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects written one after the other: what is taken back after a write that failed, and how that is told.

Nothing may follow such a write: native CRDs take a BGPPeer whose BGPFilter is not there, and confd then lets
in whatever the reflector sends (Calico: confd, the filters of a peer that exist).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_STATUS = re.compile(r"\{.*\}", re.DOTALL)


@dataclass(frozen=True)
class Written:
    """An object that was written: `created` where it was not there, `changed` where something is new."""

    kind: str
    name: str
    created: bool
    changed: bool
    uid: str = ""
    resource_version: str = ""

    @property
    def title(self) -> str:
        """Kind and name."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Refusal:
    """Why a write failed; `code` is that of the API's answer, 0 where none came."""

    why: str
    code: int

    @property
    def answered(self) -> bool:
        """Whether the API refused; otherwise it may have done it.

        A server that is in trouble (5xx) may have done what it was asked, as one of which nothing is heard.
        """
        return 400 <= self.code < 500


def title(manifest: Mapping[str, Any]) -> str:
    """Kind and name of an object.

    >>> title({"kind": "BGPPeer", "metadata": {"name": "rr"}})
    'BGPPeer rr'
    """
    return "{} {}".format(manifest["kind"], manifest["metadata"]["name"])


def told(manifest: Mapping[str, Any], written: Written, reason: str) -> dict[str, Any]:
    """What became of an object, and why it is wanted, as data for a report."""
    return {
        "object": written.title,
        "new": written.created,
        "changed": written.changed,
        "reason": reason,
        "spec": manifest["spec"],
    }


def refusal(message: str) -> Refusal:
    """The API's own words, out of the message of kubernetes.core.k8s, which ends with its Status.

    >>> refusal('Failed to create object: {"kind":"Status","message":"no","code":403}')
    Refusal(why='403 no', code=403)
    >>> refusal("Failed to create object: timed out").answered
    False
    """
    found = _STATUS.search(message)
    try:
        status = json.loads(found[0] if found else "")
        return Refusal("{} {}".format(status["code"], status["message"]), int(status["code"]))
    except (ValueError, KeyError, TypeError):
        return Refusal(message, 0)


def for_want_of_a_filter(written: Sequence[Written], manifest: Mapping[str, Any], refused: Refusal) -> bool:
    """Whether a dry run refused a BGPPeer as it made no BGPFilter: Calico's API server looks for it."""
    made = any(w.kind == "BGPFilter" and w.created for w in written)
    return made and manifest["kind"] == "BGPPeer" and refused.code in (400, 404, 422)


def supposed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What kubernetes.core.k8s says of an object that it would have written."""
    return {"method": "update" if "resourceVersion" in manifest["metadata"] else "create", "changed": True}


def to_take_back(written: Sequence[Written], failed: str, answered: bool) -> tuple[Written, ...]:
    """What goes again after a write that failed, in that order: what was made before it, the last first.

    What was there keeps its change, as another change of a BGPPeer may reset its sessions once more;
    BGPConfiguration `default` says what was so without it. The BGPFilter stays with a BGPPeer that may name
    it: one that was there, or one of whose writing nobody knows how it ended.

    Args:
        written: what was written before, in order.
        failed: kind of the object that could not be written.
        answered: whether the API refused it; otherwise it may be there.
    """
    may_be_named = any(w.kind == "BGPPeer" and not w.created for w in written)
    may_be_named = may_be_named or (failed == "BGPPeer" and not answered)
    kinds = ("BGPPeer",) if may_be_named else ("BGPPeer", "BGPFilter")
    return tuple(w for w in reversed(written) if w.created and w.kind in kinds)


def failure(
    manifests: Sequence[Mapping[str, Any]],
    written: Sequence[Written],
    taken_back: Sequence[Written],
    refused: Refusal,
) -> str:
    """What a write that failed leaves, in sentences.

    `written` are the first of `manifests`, and the one that failed is the next.
    """
    failed, *never = map(title, manifests[len(written) :])
    there = [w.title for w in written if w.changed and w not in taken_back]
    doubt = "" if refused.answered else ", and whether it was all the same is not known"
    parts = [f"{failed} could not be written{doubt}: {refused.why.rstrip('. ')}"]
    parts += [f"Written before it, and still there: {', '.join(there)}"] if there else []
    parts += [f"Taken back: {', '.join(w.title for w in taken_back)}"] if taken_back else []
    parts += ["Nothing else was written"] if not there and not taken_back else []
    parts += [f"Not written: {', '.join(never)}"] if never else []
    return ". ".join(parts)
