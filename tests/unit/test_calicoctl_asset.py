# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which file of which release a host needs, and that nothing unverified comes of it."""

from __future__ import annotations

import hashlib
import stat
import subprocess
import threading
from http.client import IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError, URLError

import pytest

from ansible_collections.telco.calico_bgp.plugins.action import calicoctl_asset
from ansible_collections.telco.calico_bgp.plugins.module_utils import calicoctl
from ansible_collections.telco.calico_bgp.plugins.modules import calico_bgp_info
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import release

SHA = "ab" * 32
ASSET = "calicoctl-linux-amd64"
TREE = "https://user:secret@mirror.example/calico"
PROGRAM = b"a program"
DIGEST = hashlib.sha256(PROGRAM).hexdigest()
NOTHING = calicoctl.Host("Linux", "x86_64", False, (), (), "", "", False, False)


def host(text: str) -> calicoctl.Host:
    return calicoctl.read_host(text)


@pytest.mark.parametrize(
    ("machine", "asset"),
    [("x86_64", "amd64"), ("aarch64", "arm64"), ("ppc64le", "ppc64le"), ("s390x", "s390x")],
)
def test_the_asset_of_a_machine(machine: str, asset: str) -> None:
    assert calicoctl.asset_name(host(f"system Linux\nmachine {machine}")) == f"calicoctl-linux-{asset}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("system Linux\nmachine riscv64", "no calicoctl for Linux on riscv64"),
        ("system FreeBSD\nmachine amd64", "no calicoctl for FreeBSD on amd64"),
        ("", "an unknown system on an unknown machine"),
    ],
)
def test_a_host_without_a_release_is_refused(text: str, words: str) -> None:
    with pytest.raises(calicoctl.AssetError, match=words):
        calicoctl.asset_name(host(text))


@pytest.mark.parametrize(
    ("given", "version"),
    [("v3.27.0", "v3.27.0"), ("3.27.0", "v3.27.0"), ("v3.33.0-0.dev-1", "v3.33.0-0.dev-1"), ("", "")],
)
def test_a_version(given: str, version: str) -> None:
    assert calicoctl.full_version(given) == version


@pytest.mark.parametrize("given", ["latest", "v3.27", "../v3.27.0", "v3.27.0/..", "v3.27.0\n"])
def test_what_is_no_version_is_refused(given: str) -> None:
    with pytest.raises(calicoctl.AssetError, match="no version of calicoctl"):
        calicoctl.full_version(given)


@pytest.mark.parametrize("given", ["abc", f"md5:{SHA}", SHA + "0"])
def test_what_is_no_checksum_is_refused(given: str) -> None:
    with pytest.raises(calicoctl.AssetError, match="no sha256 checksum"):
        calicoctl.given_checksum(given)


def test_a_checksum_with_and_without_its_name() -> None:
    assert calicoctl.given_checksum(f"sha256:{SHA.upper()}") == calicoctl.given_checksum(SHA) == SHA


def test_the_checksum_in_a_list() -> None:
    sums = f"{'cd' * 32}  {ASSET}.txt\nnonsense\n{SHA} *{ASSET}\n"
    assert calicoctl.listed_checksum(sums, ASSET) == SHA
    assert calicoctl.listed_checksum(sums, "calicoctl-linux-arm64") is None


@pytest.mark.parametrize(
    ("order", "machine", "architecture"),
    [(1, 62, "amd64"), (1, 183, "arm64"), (2, 22, "s390x"), (1, 243, "machine 243")],
)
def test_the_architecture_of_a_program(order: int, machine: int, architecture: str) -> None:
    number = machine.to_bytes(2, "big" if order == 2 else "little")
    head = b"\x7fELF\x02" + bytes([order]) + bytes(12) + number
    assert calicoctl.elf_architecture(head) == architecture
    assert calicoctl.elf_architecture(b"#!/bin/sh\n" + head) == ""


def test_an_address_is_shown_without_its_password() -> None:
    assert calicoctl.without_password(TREE) == "https://mirror.example/calico"


# What a host says of itself.


def test_a_host_is_looked_at_by_a_plain_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = {"BINARY": "bin/calicoctl", "CONFIG": "calico/calicoctl.cfg", "PROFILE": "profile/calicoctl.sh"}
    for name, place in places.items():
        monkeypatch.setattr(calicoctl, name, str(tmp_path / place))
        (tmp_path / place).parent.mkdir()

    def look(kubeconfig: str = "") -> calicoctl.Host:
        command = calicoctl.look_command(kubeconfig)
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
        return calicoctl.read_host(done.stdout)

    empty = look(str(tmp_path / "it's not there"))
    assert (empty.system, empty.files, empty.ours, empty.kubeconfig) == ("Linux", (), (), False)
    (tmp_path / places["BINARY"]).write_bytes(PROGRAM)
    by_hand = look()
    assert by_hand.foreign == (calicoctl.BINARY,)
    (tmp_path / places["CONFIG"]).write_text(f"# {calicoctl.MARK}\n# {calicoctl.BINARY} sha256 {DIGEST}\n")
    (tmp_path / places["PROFILE"]).write_text("export CALICOCTL_CFG_FILE=/root/mine\n")
    installed = look()
    assert installed.ours == (calicoctl.BINARY, calicoctl.CONFIG)
    assert installed.foreign == (calicoctl.PROFILE,)
    assert installed.folder_ours
    (tmp_path / "calico" / "it's there").touch()
    (tmp_path / places["BINARY"]).write_bytes(b"another program")
    later = look(str(tmp_path / "calico" / "it's there"))
    assert later.kubeconfig
    assert (later.ours, later.folder_ours) == ((calicoctl.CONFIG,), False)
    assert calicoctl_asset.left_behind("a", later).startswith(
        f"a: {calicoctl.BINARY}, {calicoctl.PROFILE} st"
    )
    assert calicoctl_asset.left_behind("a", NOTHING) == ""


# Getting the file.


class Web:
    """Files by address, and how often each was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.errors: list[Exception] = []

    def open(self, url: str, _want: release.Want) -> Any:
        self.asked.append(url.rpartition("/")[2])
        for error in self.errors:
            raise error
        if url not in self.files:
            raise HTTPError(url, 404, "Not Found", None, None)  # type: ignore[arg-type]
        parts = [self.files[url], b""]
        return SimpleNamespace(read=lambda _size: parts.pop(0), close=lambda: None)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Web:
    made = Web()
    made.files = {
        f"{TREE}/v3.27.0/{ASSET}": PROGRAM,
        f"{TREE}/v3.27.0/SHA256SUMS": f"{DIGEST}  {ASSET}\n".encode(),
    }
    monkeypatch.setattr(release, "_open", made.open)
    return made


def want(tmp_path: Path, **changes: Any) -> release.Want:
    given = {
        "asset": ASSET,
        "version": "v3.27.0",
        "source": TREE,
        "checksum": "",
        "cache": tmp_path,
        "trust_source": True,
    }
    return release.Want(**{**given, **changes})


def test_a_release_is_downloaded_once(web: Web, tmp_path: Path) -> None:
    first = release.obtain(want(tmp_path))
    assert (first.path.read_bytes(), first.sha256) == (PROGRAM, DIGEST)
    assert release.obtain(want(tmp_path)) == release.obtain(want(tmp_path, checksum=DIGEST)) == first
    assert web.asked == ["SHA256SUMS", ASSET]
    assert "secret" not in str(first.path)


def test_a_damaged_cache_is_filled_again(web: Web, tmp_path: Path) -> None:
    path = release.obtain(want(tmp_path)).path
    path.write_bytes(b"damaged")
    assert release.obtain(want(tmp_path)).path.read_bytes() == PROGRAM


def test_trees_have_caches_of_their_own(web: Web, tmp_path: Path) -> None:
    release.obtain(want(tmp_path))
    with pytest.raises(
        calicoctl.AssetError, match=r"There is no https://other\.example/v3\.27\.0/SHA256SUMS"
    ):
        release.obtain(want(tmp_path, source="https://other.example/"))


def test_a_wrong_checksum_leaves_nothing_in_the_cache(web: Web, tmp_path: Path) -> None:
    web.files[f"{TREE}/v3.27.0/{ASSET}"] = b"another program"
    with pytest.raises(calicoctl.AssetError, match="Nothing was installed") as caught:
        release.obtain(want(tmp_path))
    assert "secret" not in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock"]
    with pytest.raises(calicoctl.AssetError, match=f"calicoctl_checksum says {SHA}"):
        release.obtain(want(tmp_path, checksum=SHA))


def test_another_checksum_than_the_cache_s_is_not_served_from_it(web: Web, tmp_path: Path) -> None:
    path = release.obtain(want(tmp_path)).path
    with pytest.raises(calicoctl.AssetError, match="calicoctl_checksum says"):
        release.obtain(want(tmp_path, checksum=SHA))
    assert path.read_bytes() == PROGRAM


REFUSALS = {
    "no version": ({"version": ""}, "It is not known which version"),
    "no asset": ({"checksum": SHA, "asset": "calicoctl-linux-s390x"}, "There is no .*/calicoctl-linux-s390x"),
    "no entry": ({"asset": "calicoctl-linux-s390x"}, "SHA256SUMS has no entry for calicoctl-linux-s390x"),
    "no release": ({"version": "v9.9.9"}, "There is no .*SHA256SUMS.*or give calicoctl_checksum"),
}


@pytest.mark.parametrize(("changes", "words"), REFUSALS.values(), ids=REFUSALS)
def test_what_a_tree_does_not_have(web: Web, tmp_path: Path, changes: dict[str, str], words: str) -> None:
    with pytest.raises(calicoctl.AssetError, match=words):
        release.obtain(want(tmp_path, **changes))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (URLError("Name or service not known"), "cannot be read from the controller.*not known"),
        (IncompleteRead(b"half"), "cannot be read from the controller.*4 bytes read"),
        (HTTPError(TREE, 503, "Busy", None, None), "answers 503 Busy"),  # type: ignore[arg-type]
    ],
)
def test_a_tree_that_does_not_answer(web: Web, tmp_path: Path, error: Exception, words: str) -> None:
    web.errors = [error]
    with pytest.raises(calicoctl.AssetError, match=words):
        release.obtain(want(tmp_path))


def test_one_host_of_a_run_waits_for_a_silent_tree(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.errors = [URLError("timed out")]
    for _host in range(3):
        with pytest.raises(calicoctl.AssetError, match="timed out"):
            release.obtain(want(tmp_path))
    assert len(web.asked) == 1
    web.errors = []
    monkeypatch.setattr(release.os, "getppid", lambda: 1)  # the next run
    assert release.obtain(want(tmp_path)).sha256 == DIGEST


def test_a_file_on_the_controller_needs_a_checksum(tmp_path: Path) -> None:
    file = tmp_path / ASSET
    wanted = want(tmp_path, source=str(file), version="")
    with pytest.raises(calicoctl.AssetError, match="There is no file"):
        release.obtain(wanted)
    file.write_bytes(PROGRAM)
    with pytest.raises(calicoctl.AssetError, match="cannot be verified"):
        release.obtain(wanted)
    assert release.obtain(want(tmp_path, source=str(file), checksum=DIGEST)).path == file
    sums = tmp_path / "SHA256SUMS"
    sums.write_text(f"{SHA}  {ASSET}\n")
    with pytest.raises(calicoctl.AssetError, match="says abab"):
        release.obtain(wanted)
    sums.write_text(f"{DIGEST}  {ASSET}\n")
    assert release.obtain(wanted).sha256 == DIGEST


def test_a_cache_that_cannot_be_written(web: Web, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(calicoctl.AssetError, match=r"cannot be read or written: .*taken.*calicoctl_cache"):
        release.obtain(want(tmp_path, cache=tmp_path / "taken"))


@pytest.mark.parametrize("below", ["", "v3.27.0"])
def test_a_folder_on_the_controller(tmp_path: Path, below: str) -> None:
    folder = tmp_path / "releases" / below
    folder.mkdir(parents=True)
    (folder / ASSET).write_bytes(PROGRAM)
    (folder / "SHA256SUMS").write_text(f"{DIGEST}  {ASSET}\n")
    assert release.obtain(want(tmp_path, source=str(tmp_path / "releases"))).path == folder / ASSET


def test_a_program_for_another_machine_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "calicoctl"
    file.write_bytes(b"\x7fELF\x02\x01" + bytes(12) + (183).to_bytes(2, "little"))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(calicoctl.AssetError, match=f"a program for arm64, and the host needs {ASSET}"):
        release.obtain(want(tmp_path, source=str(file), checksum=digest))


# Who vouches for it.


UNPROVED = {
    # what is wanted, why it is refused
    "the server for itself": (
        {"trust_source": False},
        r"There is no calicoctl_checksum, and SHA256SUMS of https://mirror\.example/calico comes from where "
        r"the file comes from\..*set calicoctl_trust_source to true",
    ),
    "plain http": (
        {"source": "http://user:secret@mirror.example/calico"},
        r"http://mirror\.example/calico is plain http, .* give calicoctl_checksum",
    ),
    "plain HTTP": ({"source": "HTTP://mirror.example/calico"}, "is plain http"),
}


@pytest.mark.parametrize(("changes", "words"), UNPROVED.values(), ids=UNPROVED)
def test_nothing_is_asked_of_a_server_that_nobody_vouches_for(
    web: Web, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(calicoctl.AssetError, match=words) as caught:
        release.obtain(want(tmp_path, **changes))
    assert web.asked == []
    assert "secret" not in str(caught.value)


def test_a_checksum_from_elsewhere_vouches_for_any_server(web: Web, tmp_path: Path) -> None:
    plain = "http://mirror.example/calico"
    web.files[f"{plain}/v3.27.0/{ASSET}"] = PROGRAM
    found = release.obtain(want(tmp_path, source=plain, checksum=DIGEST, trust_source=False))
    assert (found.sha256, web.asked) == (DIGEST, [ASSET])


def leading(*places: str) -> Any:
    """A server that answers each question with the next redirection, and at last with a word."""
    left = list(places)
    asked = []

    def ask(url: str, _want: release.Want) -> Any:
        asked.append(url)
        if not left:
            return "the file"
        raise HTTPError(url, 302, "Found", {"Location": left.pop(0)}, None)  # type: ignore[arg-type]

    return ask, asked


FOLLOWED = {
    "to another server": (TREE, ["https://cdn.example/x"], "https://cdn.example/x"),
    "to a path": ("https://a.example/x/y", ["/z"], "https://a.example/z"),
    "from http to http": ("http://a.example/x", ["http://b.example/x"], "http://b.example/x"),
    "from http to https and on": (
        "http://a.example/x",
        ["https://b.example/x", "https://c.example/x"],
        "https://c.example/x",
    ),
}


@pytest.mark.parametrize(("url", "places", "end"), FOLLOWED.values(), ids=FOLLOWED)
def test_a_redirection_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, places: list[str], end: str
) -> None:
    ask, asked = leading(*places)
    monkeypatch.setattr(release, "_ask", ask)
    assert release._open(url, want(tmp_path)) == "the file"
    assert asked[-1] == end


NOT_FOLLOWED = {
    "to http": (["http://cdn.example/x?token=1"], "leads to http://cdn.example/x.*which is no https"),
    "to http and back": (["http://cdn.example/x", TREE], "which is no https"),
    "to http after https": (["https://cdn.example/x", "http://cdn.example/x"], "which is no https"),
    "to a file": (["file:///etc/passwd"], "leads to file:///etc/passwd"),
    "in a circle": ([TREE] * 20, "leads on 10 times"),
}


@pytest.mark.parametrize(("places", "words"), NOT_FOLLOWED.values(), ids=NOT_FOLLOWED)
def test_a_redirection_that_leaves_https_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: list[str], words: str
) -> None:
    ask, asked = leading(*places)
    monkeypatch.setattr(release, "_ask", ask)
    with pytest.raises(calicoctl.AssetError, match=words):
        release._open(f"{TREE}/x", want(tmp_path))
    assert all(url.startswith("https://") for url in asked)


def test_ansible_s_own_following_is_off(tmp_path: Path) -> None:
    """On the wire: a server on the loopback whose only answer is a redirection."""
    files: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            files.append(self.path)
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(calicoctl.AssetError, match="leads to file:///etc/hostname"):
            release.obtain(want(tmp_path, source=source, checksum=DIGEST))
        server.shutdown()
    assert files == [f"/v3.27.0/{ASSET}"]


def test_the_cache_is_the_users_alone(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o755)
    path = release.obtain(want(tmp_path, cache=cache)).path
    folders = [each for each in path.parents if each.is_relative_to(cache)]
    assert {stat.S_IMODE(each.stat().st_mode) for each in folders} == {0o700}
    assert len(folders) == 3
    monkeypatch.setattr(release.private, "whose", lambda each: "it is theirs" if each == tmp_path else "")
    with pytest.raises(
        calicoctl.AssetError, match=f"{tmp_path}: it is theirs, who could put another program"
    ):
        release.obtain(want(tmp_path, cache=cache))


# The cluster's version.


@pytest.mark.parametrize("group", [calico_bgp_info.V3, calico_bgp_info.CRD])
def test_the_version_of_the_cluster_alone_is_read(group: str) -> None:
    given = {"metadata": {"name": "default"}, "spec": {"calicoVersion": "v3.32.1"}}
    path = f"{group}/clusterinformations/default"
    reader: Any = SimpleNamespace(get={path: given}.get)
    assert calico_bgp_info.read_version(reader).calico_version == "v3.32.1"
    assert calico_bgp_info.read_version(SimpleNamespace(get=lambda _path: None)).calico_version == ""  # type: ignore[arg-type]
