# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a page: what each outcome means and in which tone it is said; times and counts."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from ..model.finding import FAIL, PASS, UNKNOWN

#: All is well; it stopped in time, or is well but for something; somebody has to look now; nothing of these.
GOOD, WARN, BAD, CALM = "good", "warn", "bad", "calm"
#: The tone of a verdict.
OF_VERDICT: Mapping[str, str] = {PASS: GOOD, FAIL: BAD, UNKNOWN: WARN}


@dataclass(frozen=True)
class Outcome:
    """How a run ended, for somebody who was not there: a tone, a few words, a sentence."""

    tone: str
    words: str
    sentence: str


OUTCOMES: Mapping[str, Outcome] = {
    "planned": Outcome(CALM, "Planned", "There is a plan. Nothing was changed."),
    "refused": Outcome(WARN, "Refused", "It cannot be done safely. Nothing was changed."),
    "checked": Outcome(CALM, "Checked", "The run went through in check mode. Nothing was changed."),
    "peered": Outcome(
        GOOD,
        "Peers proved",
        "Every session with the route reflectors is up and proved from both sides. The mesh is still on.",
    ),
    "adopted": Outcome(GOOD, "Adopted", "The mesh was off already, and both sides are proved."),
    "gate_shut": Outcome(
        WARN, "Gate shut", "The proof is not there, so the mesh was not touched. The peers stay."
    ),
    "unguarded": Outcome(
        WARN,
        "No guard",
        "Both sides are proved, but nobody would turn the mesh on if the run were gone. It is still on.",
    ),
    "cut": Outcome(
        GOOD,
        "Mesh off, both sides proved",
        "The route reflectors carry every route of every node, and the mesh is off.",
    ),
    "cut_degraded": Outcome(
        WARN,
        "Mesh off, one reflector down",
        "Every route is there and the mesh is off, but sessions with a reflector were lost since.",
    ),
    "drained": Outcome(
        GOOD, "Drained", "The reflector is out of use, and the others are proved to carry every route."
    ),
    "undrained": Outcome(GOOD, "In use again", "The reflector is in use again, and both sides are proved."),
    "returned": Outcome(
        WARN, "Returned to the mesh", "Something was lost after the cut, and the mesh was turned on again."
    ),
    "healed": Outcome(
        WARN,
        "Mesh on again",
        "The mesh was off and routes were missing. It was turned on, and nothing else done.",
    ),
    "unproved": Outcome(
        BAD, "Not proved", "The run ended without a proof of both sides. Look at the cluster now."
    ),
    "valid": Outcome(GOOD, "Valid", "Everything that was asked is proved. Nothing was changed."),
    "invalid": Outcome(BAD, "Not valid", "Not everything is proved. Nothing was changed."),
    "mesh_on": Outcome(CALM, "Mesh on", "The mesh was turned on. Nothing was proved."),
    "nothing_to_roll_back": Outcome(CALM, "Nothing to roll back", "Nothing was changed."),
    "rolled_back": Outcome(GOOD, "Rolled back", "The mesh carries every route. Peers and clients are gone."),
    "failed": Outcome(BAD, "Failed", "A step of the run went wrong."),
}


def outcome(word: str) -> Outcome:
    """What the outcome of a run means; of a word that nobody knows no more than the word."""
    return OUTCOMES.get(word, Outcome(CALM, word, ""))


def moment(at: float | None) -> str:
    """A time as people write it, in UTC; a dash where it is not known.

    >>> moment(0.0)
    '1970-01-01 00:00:00 UTC'
    """
    return "\u2013" if at is None else time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def lasting(seconds: float) -> str:
    """How long something took.

    >>> lasting(4.2), lasting(75), lasting(3725)
    ('4 s', '1 min 15 s', '1 h 2 min')
    """
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def clock(seconds: float) -> str:
    """A time since the begin of a run.

    >>> clock(4.2), clock(75), clock(3725)
    ('0:04', '1:15', '1:02:05')
    """
    whole = int(seconds + 0.5)
    return (
        f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
        if whole >= 3600
        else f"{whole // 60}:{whole % 60:02}"
    )


def many(number: int, word: str, plural: str = "") -> str:
    """A count and its word.

    >>> many(1, "node"), many(1000, "node"), many(2, "is", "are")
    ('1 node', '1,000 nodes', '2 are')
    """
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def brief(text: str, most: int) -> str:
    """A text that has room for so many characters.

    >>> brief("worker-0001.example.net", 12)
    'worker-0001\u2026'
    """
    return text if len(text) <= most else text[: most - 1] + "\u2026"
