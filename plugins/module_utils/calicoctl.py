# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calico's releases of calicoctl: names, checksums and architectures; and what a host has of the tool."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

BINARY = "/usr/local/bin/calicoctl"
CONFIG = "/etc/calico/calicoctl.cfg"
PROFILE = "/etc/profile.d/calicoctl.sh"
SUMS = "SHA256SUMS"
#: Stands in what the role writes.
MARK = "telco.calico_bgp.calicoctl"

#: Machine as `uname -m` names it: architecture as Calico does.
ARCHITECTURES: Mapping[str, str] = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
}
#: e_machine of an ELF file's header (ELF specification), by architecture.
_ELF = {62: "amd64", 183: "arm64", 21: "ppc64le", 22: "s390x"}
_ELF_ORDER, _BIG = 5, 2
_ELF_MACHINE = slice(18, 20)
_VERSION = re.compile(r"v?(\d+\.\d+\.\d+(?:[-+.][0-9A-Za-z.+-]*)?)\Z")
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})\Z")
_URL = re.compile(r"https?://", re.IGNORECASE)


class AssetError(ValueError):
    """Why there is no calicoctl to install; one or more sentences for the user."""


@dataclass(frozen=True)
class Host:
    """What a host says: its system, the files of the tool it has, and the sha256 that the role noted."""

    system: str
    machine: str
    kubeconfig: bool
    files: tuple[str, ...]
    written: tuple[str, ...]
    sha256: str
    noted: str
    folder: bool
    others: bool
    """Whether the folder of the configuration is there, and whether it holds anything else."""

    @property
    def ours(self) -> tuple[str, ...]:
        """The files that the role put there; the binary counts while it is the one the role installed."""
        binary = (BINARY,) if self.sha256 and self.sha256 == self.noted else ()
        return binary + self.written

    @property
    def folder_ours(self) -> bool:
        """Whether nothing stays in the folder of the configuration when the role's file goes."""
        return CONFIG in self.written and not self.others

    @property
    def foreign(self) -> tuple[str, ...]:
        """The files of the tool that somebody else put there."""
        return tuple(path for path in self.files if path not in self.ours)


def look_command(kubeconfig: str) -> str:
    """A shell command that prints what `read_host` reads. It changes nothing."""
    folder, name = CONFIG.rsplit("/", 1)
    lines = [
        'echo "system $(uname -s)"',
        'echo "machine $(uname -m)"',
        f"for f in {BINARY} {CONFIG} {PROFILE}; do",
        '  if [ -e "$f" ] || [ -L "$f" ]; then echo "file $f"; fi',
        f'  if [ "$f" != {BINARY} ] && grep -qs "{MARK}" "$f"; then echo "written $f"; fi',
        "done",
        f'[ ! -f {BINARY} ] || echo "sha256 $(sha256sum < {BINARY})"',
        f'[ ! -f {CONFIG} ] || echo "noted $(sed -n "s|^# {BINARY} sha256 ||p" {CONFIG})"',
        f'[ ! -d {folder} ] || echo "folder"',
        f'[ -z "$(ls -A {folder} 2>/dev/null | grep -vx {name})" ] || echo "others"',
    ]
    if kubeconfig:
        lines.append(f'[ ! -f {shlex.quote(kubeconfig)} ] || echo "kubeconfig"')
    return "/bin/sh -c " + shlex.quote("\n".join([*lines, "exit 0"]))


def read_host(text: str) -> Host:
    """The answer to `look_command`."""
    rows = [line.partition(" ") for line in text.splitlines()]

    def values(key: str) -> tuple[str, ...]:
        return tuple(value.strip() for found, _space, value in rows if found == key)

    def first(key: str) -> str:
        return " ".join((values(key) or ("",))[0].split()[:1])

    return Host(
        system=first("system"),
        machine=first("machine"),
        kubeconfig=bool(values("kubeconfig")),
        files=values("file"),
        written=values("written"),
        sha256=first("sha256"),
        noted=first("noted"),
        folder=bool(values("folder")),
        others=bool(values("others")),
    )


def asset_name(host: Host) -> str:
    """The name of the release's file for a host."""
    architecture = ARCHITECTURES.get(host.machine)
    if host.system != "Linux" or architecture is None:
        raise AssetError(
            f"There is no calicoctl for {host.system or 'an unknown system'} on "
            f"{host.machine or 'an unknown machine'}; "
            f"Calico releases it for Linux on {', '.join(sorted(set(ARCHITECTURES.values())))}. "
            "Take this host out of the play"
        )
    return f"calicoctl-linux-{architecture}"


def full_version(text: str) -> str:
    """`v3.27.0` from `v3.27.0` or `3.27.0`; "" from ""."""
    if not text:
        return ""
    found = _VERSION.match(text)
    if found is None:
        raise AssetError(f"{text!r} is no version of calicoctl; give one like v3.27.0")
    return "v" + found[1]


def is_url(source: str) -> bool:
    """Whether the source is an address and no path."""
    return _URL.match(source) is not None


def without_password(url: str) -> str:
    """The address without user and password, to be shown."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def given_checksum(text: str) -> str:
    """The sha256 in hexadecimal from `HEX` or `sha256:HEX`; "" from ""."""
    if not text:
        return ""
    found = _SHA256.match(text)
    if found is None:
        raise AssetError(f"{text!r} is no sha256 checksum; give its 64 hexadecimal digits")
    return found[1].lower()


def listed_checksum(sums: str, name: str) -> str | None:
    """The sha256 of `name` in the text of SHA256SUMS (lines `<sha256>  <name>`), None where it has none."""
    for line in sums.splitlines():
        words = line.split()
        if len(words) == 2 and words[1].lstrip("*") == name and _SHA256.match(words[0]):
            return words[0].lower()
    return None


def elf_architecture(head: bytes) -> str:
    """The architecture that an ELF file's first bytes name; "" for anything else."""
    if len(head) < _ELF_MACHINE.stop or not head.startswith(b"\x7fELF"):
        return ""
    number = int.from_bytes(head[_ELF_MACHINE], "big" if head[_ELF_ORDER] == _BIG else "little")
    return _ELF.get(number, f"machine {number}")
