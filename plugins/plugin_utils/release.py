# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file of a release, verified, on the controller: from a release tree by a cache, or from a path."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urljoin

from ansible.module_utils.urls import ConnectionError as UrlConnectionError
from ansible.module_utils.urls import NoSSLError, SSLValidationError, open_url

from ..module_utils import calicoctl, private
from ..module_utils.calicoctl import AssetError

#: Redirections that are followed, and the answers that are one.
HOPS = 10
REDIRECTS = (301, 302, 303, 307, 308)
#: Seconds without a byte before a server counts as silent.
TIMEOUT = 30
#: Seconds for which the other hosts of the same run take its silence as told.
SILENCE = 600
CHUNK = 1 << 20
NOT_FOUND = 404
STAYS = "Nothing was installed; a calicoctl that is on the host stays as it is"


class SilentError(AssetError):
    """A server that did not answer, which takes its time."""


@dataclass(frozen=True)
class Want:
    """What is to be obtained. `version` is "" where none is known, `checksum` where none was given.

    `trust_source`: the checksum may come from where the file comes from.
    """

    asset: str
    version: str
    source: str
    checksum: str
    cache: Path
    validate_certs: bool = True
    trust_source: bool = False


@dataclass(frozen=True)
class Obtained:
    """A verified file on the controller."""

    path: Path
    sha256: str


def obtain(want: Want) -> Obtained:
    """The file, with the checksum it must have; AssetError otherwise."""
    try:
        found = _download(want) if calicoctl.is_url(want.source) else _on_controller(want)
        with found.path.open("rb") as file:
            architecture = calicoctl.elf_architecture(file.read(64))
    except OSError as exc:
        raise AssetError(
            f"A file on the controller cannot be read or written: {exc}. {STAYS}; see to its rights, or set "
            "calicoctl_cache to another folder"
        ) from exc
    if architecture and not want.asset.endswith(f"-{architecture}"):
        raise AssetError(
            f"{found.path} is a program for {architecture}, and the host needs {want.asset}. {STAYS}"
        )
    return found


def _on_controller(want: Want) -> Obtained:
    """From calicoctl_source: the file itself, or a folder with the files of one release or of several."""
    path = Path(os.path.expanduser(want.source)).absolute()
    if path.is_dir():
        versioned = path / want.version if want.version else path
        path = (versioned if versioned.is_dir() else path) / want.asset
    if not path.is_file():
        raise AssetError(f"There is no file {path} on the controller. {STAYS}; check calicoctl_source")
    expected, whence = want.checksum, "calicoctl_checksum"
    if not expected:
        sums = path.with_name(calicoctl.SUMS)
        whence = str(sums)
        if not sums.is_file():
            raise AssetError(
                f"{path} cannot be verified: there is no {sums}, and calicoctl_checksum is empty. {STAYS}; "
                "put the release's SHA256SUMS beside the file, or give calicoctl_checksum"
            )
        expected = _listed(sums.read_text(errors="replace"), path.name, whence)
    _compare(_sha256(path), expected, str(path), whence)
    return Obtained(path, expected)


def _download(want: Want) -> Obtained:
    """From the cache, or from the release tree into it; other processes of the same run wait meanwhile."""
    if not want.version:
        raise AssetError(
            "It is not known which version of calicoctl to get: the cluster could not be asked (is it left "
            "out by --limit?), or its ClusterInformation default names none. Give calicoctl_version"
        )
    _refuse_unproved(want)
    base = f"{want.source.rstrip('/')}/{want.version}"
    # Trees with the same version of the same file may differ, a mirror or a lab for example.
    tree = hashlib.sha256(want.source.rstrip("/").encode()).hexdigest()[:16]
    folder = want.cache / tree / want.version
    path = folder / want.asset
    note = folder / f"{want.asset}.sha256"
    with _locked(folder, want.cache), _silence_remembered(folder / "silent"):
        known = note.read_text() if note.is_file() and path.is_file() else ""
        if known and known == (want.checksum or known) and known == _sha256(path):
            return Obtained(path, known)
        expected, whence = want.checksum, "calicoctl_checksum"
        if not expected:
            whence = f"{calicoctl.without_password(base)}/{calicoctl.SUMS}"
            text = b"".join(_read(f"{base}/{calicoctl.SUMS}", want)).decode(errors="replace")
            expected = _listed(text, want.asset, whence)
        stage = folder / f"{want.asset}.part"
        digest = hashlib.sha256()
        try:
            with stage.open("wb") as file:
                for chunk in _read(f"{base}/{want.asset}", want):
                    digest.update(chunk)
                    file.write(chunk)
            _compare(digest.hexdigest(), expected, f"{calicoctl.without_password(base)}/{want.asset}", whence)
            note.unlink(missing_ok=True)
            stage.replace(path)
        finally:
            stage.unlink(missing_ok=True)
        note.write_text(expected)
    return Obtained(path, expected)


def _refuse_unproved(want: Want) -> None:
    """AssetError where nobody but the source itself, or anybody on the way, would vouch for the file."""
    if want.checksum:
        return
    shown = calicoctl.without_password(want.source)
    if not _is_https(want.source):
        raise AssetError(
            f"{shown} is plain http, where anybody on the way may put another file. {STAYS}; "
            "give calicoctl_checksum, or an address with https"
        )
    if not want.trust_source:
        raise AssetError(
            f"There is no calicoctl_checksum, and {calicoctl.SUMS} of {shown} comes from where the file "
            f"comes from. {STAYS}; give calicoctl_checksum from elsewhere, or set calicoctl_trust_source to "
            "true where that server may vouch for itself"
        )


def _is_https(url: str) -> bool:
    return url.lower().startswith("https://")


def _read(url: str, want: Want) -> Iterator[bytes]:
    """The bytes behind an address; a proxy is taken from the environment."""
    shown = calicoctl.without_password(url)
    try:
        with contextlib.closing(_open(url, want)) as answer:
            while chunk := answer.read(CHUNK):
                yield chunk
    except HTTPError as exc:
        if exc.code == NOT_FOUND:
            why = f"There is no {shown}. {STAYS}; check calicoctl_version and calicoctl_source"
            if url.endswith(calicoctl.SUMS):
                why += ", or give calicoctl_checksum where the tree has no SHA256SUMS"
            raise AssetError(why) from exc
        raise AssetError(f"{shown} answers {exc.code} {exc.reason}. {STAYS}; try again later") from exc
    except (OSError, HTTPException, UrlConnectionError, NoSSLError, SSLValidationError) as exc:
        raise SilentError(
            f"{shown} cannot be read from the controller: {exc}. {STAYS}; check the network, a proxy "
            "(variable https_proxy), or set calicoctl_source to a mirror or a path"
        ) from exc


def _open(url: str, want: Want) -> Any:
    """The answer of an address, behind its redirections; none leads from https to anything else."""
    first = url
    for _hop in range(HOPS):
        try:
            return _ask(url, want)
        except HTTPError as exc:
            where = exc.headers.get("Location") if exc.code in REDIRECTS and exc.headers else None
            if not where:
                raise
            url = _led(url, urljoin(url, where))
    raise AssetError(f"{calicoctl.without_password(first)} leads on {HOPS} times. {STAYS}; check the source")


def _led(url: str, to: str) -> str:
    """Where a redirection leads."""
    if _is_https(to) or (calicoctl.is_url(to) and not _is_https(url)):
        return to
    raise AssetError(
        f"{calicoctl.without_password(url)} leads to {calicoctl.without_password(to)}, which is no https, "
        f"so anybody on the way may put another file there. {STAYS}; check calicoctl_source"
    )


def _ask(url: str, want: Want) -> Any:
    return open_url(
        url,
        timeout=TIMEOUT,
        validate_certs=want.validate_certs,
        http_agent="telco.calico_bgp",
        follow_redirects="none",
    )


def _listed(text: str, name: str, whence: str) -> str:
    found = calicoctl.listed_checksum(text, name)
    if found is None:
        raise AssetError(
            f"{whence} has no entry for {name}. {STAYS}; check the source, or give calicoctl_checksum"
        )
    return found


def _compare(found: str, expected: str, what: str, whence: str) -> None:
    if found != expected:
        raise AssetError(
            f"{what} has sha256 {found}, and {whence} says {expected}. {STAYS}; "
            "find out which of the two is wrong before you try again"
        )


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextlib.contextmanager
def _silence_remembered(note: Path) -> Iterator[None]:
    """What one host of a run found silent, the others do not wait for. Their processes have one parent."""
    run = str(os.getppid())
    if note.is_file() and time.time() - note.stat().st_mtime < SILENCE:
        found, _newline, why = note.read_text().partition("\n")
        if found == run:
            raise SilentError(why)
    try:
        yield
    except SilentError as exc:
        note.write_text(f"{run}\n{exc}")
        raise
    note.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(folder: Path, cache: Path) -> Iterator[IO[str]]:
    """The folder inside the cache, made where it is missing, for this process and nobody else's user."""
    private.make(folder)
    for each in (cache, folder.parent, folder):
        if each.stat().st_uid == os.geteuid():
            each.chmod(0o700)
    found = private.other_hands(folder)
    if found:
        raise AssetError(
            f"{found}, who could put another program into the cache. {STAYS}; see to the folder, or set "
            "calicoctl_cache to one of your own"
        )
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
