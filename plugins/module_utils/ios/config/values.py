# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of statements that are more than a word or a number."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_THRESHOLD = 75


@dataclass(frozen=True, order=True)
class RemoteAs:
    """`remote-as NUMBER [alternate-as NUMBER ...]`, the latter in rising order."""

    number: int
    alternates: tuple[int, ...] = ()


@dataclass(frozen=True, order=True)
class LocalAs:
    """`local-as NUMBER [no-prepend [replace-as]] [dual-as]`."""

    number: int
    options: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Timers:
    """Seconds; `minimum_hold` is the least hold time that is accepted, 0 where there is no such bound."""

    keepalive: int
    hold: int
    minimum_hold: int = 0

    @property
    def pair(self) -> tuple[int, int]:
        """(keepalive, hold)."""
        return self.keepalive, self.hold


@dataclass(frozen=True, order=True)
class MaximumPrefix:
    """`maximum-prefix N [threshold] [what happens]`; the threshold is in percent, 75 when not shown."""

    limit: int
    threshold: int = DEFAULT_THRESHOLD
    action: str = ""


@dataclass(frozen=True, order=True)
class Template:
    """A peer-policy template that is inherited, and its sequence number, "" where none is given."""

    name: str
    sequence: str = ""


@dataclass(frozen=True, order=True)
class ListenRange:
    """`bgp listen range PREFIX peer-group GROUP OPTIONS`, the prefix without host bits."""

    prefix: str
    group: str
    options: str = ""


@dataclass(frozen=True, order=True)
class Network:
    """What follows `network` or `aggregate-address`: a prefix, and options in alphabetical order."""

    prefix: str
    options: tuple[str, ...] = ()
