# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords as a running configuration shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# The fixed key of type 7, which hides a password from a glance and from nothing else.
_TYPE_7_KEY = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87"
# Characters in clear.
_LONGEST = 25
_TYPED = re.compile(r"([0-9]) (\S.*)\Z")


@dataclass(frozen=True)
class Password:
    """A password line. Two are equal when they mean the same, whatever the salt of type 7.

    Attributes:
        kind: "0" (clear), "6", "7", or another type IOS may show.
        clear: the clear text; None where it cannot be known (type 6, or text that does not decode).
    """

    kind: str = field(compare=False)
    identity: str = field(repr=False)
    clear: str | None = field(repr=False, compare=False)

    @property
    def text(self) -> str:
        """The clear text where it can be known, else what the router shows after the type."""
        return self.identity.partition(":")[2]


def read_password(text: str) -> Password:
    """What follows `password` in a running configuration.

    >>> read_password("7 0822455D0A16").clear
    'cisco'
    >>> read_password("6 XYZ").clear is None
    True
    """
    typed = _TYPED.match(text)
    kind, value = (typed.group(1), typed.group(2)) if typed else ("0", text)
    clear = value if kind == "0" else decode_type_7(value) if kind == "7" else None
    return Password(kind, f"clear:{clear}" if clear is not None else f"{kind}:{value}", clear)


def decode_type_7(text: str) -> str | None:
    """Clear text of a type 7 string, None where it is not one."""
    try:
        start, raw = int(text[:2], 10), bytes.fromhex(text[2:])
        return bytes(
            byte ^ _TYPE_7_KEY[(start + place) % len(_TYPE_7_KEY)] for place, byte in enumerate(raw)
        ).decode("ascii")
    except ValueError:
        return None


def password_fault(text: str) -> str | None:
    """Why a password would not arrive as it is at a router (`password 0 <text>`) or at a node.

    None when it would. IOS-XE takes 25 characters in clear (its models: 52 of type 7, which are two for the
    salt and two for each character); `?` asks the command line for help; BIRD has no way to write a `"`.
    """
    if not 1 <= len(text) <= _LONGEST:
        return f"it has {len(text)} characters; IOS-XE takes 1 to {_LONGEST}"
    if not all(" " <= character <= "~" for character in text):
        return "it has characters outside printable ASCII"
    if "?" in text:
        return "it has a '?', which the router's command line takes as a call for help"
    if '"' in text:
        return "it has a '\"', which the configuration of a node's BIRD cannot hold"
    if text != text.strip():
        return "it begins or ends with a blank, which IOS drops"
    if re.match(r"\d ", text):
        return "it begins with a digit and a blank, which IOS takes as an encryption type"
    return None


def password_difference(wanted: str | None, shown: Password | None) -> str | None:
    """Why the password shown is not the wanted one; None where both are the same, or none."""
    if shown is None:
        return None if wanted is None else "it has no password, the plan has one; its session would go down"
    if wanted is None:
        return "it has a password, the plan has none: give the plan the password, or remove it by hand"
    if shown.clear is None:
        return (
            f"the router shows its password in type {shown.kind}, which cannot be compared; it stays as it is"
        )
    return (
        None if shown.clear == wanted else "it has another password than the plan; its session would go down"
    )
