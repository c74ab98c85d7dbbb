# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check `package`: build the collection's archive, install it where no other copy is, run it there.

The environment made for it has the packages of the one this runs in, without the link to the checkout.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.files import remove
from tools.sanity import copy_tracked
from tools.worlds import CHECKOUT

NAME = "telco.calico_bgp"
#: Everything a user of the collection gets; what is in the archive and not here is a mistake.
SHIPPED = (
    "MANIFEST.json",
    "FILES.json",
    "LICENSE",
    "*.md",
    "CHANGELOG.rst",
    "changelogs/*",
    "docs/*",
    "inventories/example/*",
    "meta/runtime.yml",
    "playbooks/*",
    "plugins/*",
    "roles/*",
    "tests/config.yml",
    "tests/sanity/*",
)
SHORT_WATCH = 6  # seconds; the watch is not what is tested here
KINDS = {"modules": "module", "filter": "filter", "inventory": "inventory", "lookup": "lookup"}


class NotGood(Exception):
    """What is wrong with the archive, as one sentence."""


def main() -> int:
    """Run all steps; the last line says what was proved."""
    with TemporaryDirectory(prefix="pkg") as folder:
        try:
            print(f"Installed: {prove(Path(folder))}")
        except NotGood as problem:
            print(f"Not good: {problem}", file=sys.stderr)
            return 1
    return 0


def prove(folder: Path) -> str:
    """Build, install, verify, read the documentation, run `site` on a lab; what was seen."""
    environment = _environment(folder)
    python = _venv(folder / "venv")
    empty = folder / "empty"
    empty.mkdir()

    def ansible(*arguments: str, extra: Mapping[str, str] | None = None) -> str:
        command = [str(python), "-m", "ansible", *arguments]
        return _run(command, empty, {**environment, **(extra or {})})

    if NAME in ansible("galaxy", "collection", "list"):
        raise NotGood(f"the environment without {NAME} has it all the same.")
    copy_tracked(folder / "source")
    ansible("galaxy", "collection", "build", str(folder / "source"), "--output-path", str(folder))
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = [member.name for member in tar.getmembers() if not member.isdir()]
    if strangers := unexpected(names):
        where = "add them to build_ignore in galaxy.yml, or to SHIPPED in tools/package.py"
        raise NotGood(f"the archive holds {', '.join(strangers)}: {where}.")
    target = environment["ANSIBLE_COLLECTIONS_PATH"]
    ansible("galaxy", "collection", "install", str(archive), "--offline", "--collections-path", target)
    ansible("galaxy", "collection", "verify", NAME, "--offline")
    documented = documented_things(names)
    for kind, things in documented.items():
        answer = json.loads(ansible("doc", "--json", "--type", kind, *things))
        if missing := sorted(set(things) - set(answer)):
            raise NotGood(f"ansible-doc knows no {kind} {', '.join(missing)}.")
    tasks = _site(ansible, python, folder)
    count = sum(len(things) for things in documented.values())
    return f"{len(names)} files, {count} pages of ansible-doc, {tasks} tasks of site"


def unexpected(names: Iterable[str]) -> list[str]:
    """What of the archive's files nobody meant to ship."""
    return [
        name
        for name in names
        if not any(fnmatch(name, pattern) for pattern in SHIPPED) or "__pycache__" in name
    ]


def documented_things(names: Sequence[str]) -> dict[str, list[str]]:
    """What ansible-doc must know: full names by kind."""
    things: dict[str, list[str]] = {}
    for name in names:
        if found := re.fullmatch(r"plugins/(\w+)/([a-z]\w*)\.(?:py|yml)", name):
            if kind := KINDS.get(found[1]):
                things.setdefault(kind, []).append(f"{NAME}.{found[2]}")
        elif found := re.fullmatch(r"roles/(\w+)/meta/argument_specs\.yml", name):
            things.setdefault("role", []).append(f"{NAME}.{found[1]}")
    return {kind: sorted(set(full)) for kind, full in things.items()}


def _site(ansible: Callable[..., str], python: Path, folder: Path) -> int:
    """Run the installed `site` against a lab; the number of its tasks, all out of the installed copy."""
    lab = [str(python), "-m", "lab"]
    environment = {**_environment(folder), "CALICO_BGP_LAB": str(folder / "lab")}
    _run([*lab, "up"], CHECKOUT, environment)
    try:
        inventory = folder / "lab.json"
        inventory.write_text(
            static_inventory(json.loads(_run([*lab, "inventory", "--list"], CHECKOUT, environment)))
        )
        options = ["-i", str(inventory), "-e", f"calico_bgp_soak={SHORT_WATCH}", "-vv"]
        extra = {"PATH": f"{python.parent}:{environment['PATH']}"}
        output = ansible("playbook", f"{NAME}.site", *options, extra=extra)
    finally:
        _run([*lab, "down"], CHECKOUT, environment)
    paths = re.findall(r"^task path: (\S+?):\d+$", output, re.MULTILINE)
    if strangers := [path for path in paths if not Path(path).is_relative_to(folder / "collections")]:
        raise NotGood(f"a task came from {strangers[0]}, not from the installed copy.")
    results = list((folder / "empty/calico-bgp-runs").glob("*/*/result.json"))
    outcomes = [json.loads(result.read_text())["outcome"] for result in results]
    if outcomes != ["cut"] or not paths:
        raise NotGood(f"site left the outcomes {outcomes} after {len(paths)} tasks.")
    return len(paths)


def static_inventory(listing: Mapping[str, object]) -> str:
    """What an inventory script answers to --list, as the text of an inventory file."""
    meta = listing.get("_meta")
    hostvars = meta["hostvars"] if isinstance(meta, dict) else {}
    groups: dict[str, object] = {}
    for name, group in listing.items():
        if name != "_meta" and isinstance(group, dict):
            hosts: dict[str, object] = {host: {} for host in group.get("hosts", [])}
            children: dict[str, object] = {child: {} for child in group.get("children", [])}
            groups[name] = {"hosts": hosts, "children": children, "vars": group.get("vars", {})}
    groups.setdefault("all", {"hosts": {}, "children": {}, "vars": {}})
    top = groups["all"]
    assert isinstance(top, dict)
    top["hosts"] = {**top["hosts"], **hostvars}
    return json.dumps(groups)


def _venv(place: Path) -> Path:
    """An environment with links to the packages of ours, and of the collections all but those of our name."""
    remove(place)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    ours = Path(sysconfig.get_path("purelib"))
    theirs = place / ours.relative_to(sys.prefix)
    for entry in ours.iterdir():
        if entry.name != "ansible_collections":
            (theirs / entry.name).symlink_to(entry)
    collections = theirs / "ansible_collections"
    collections.mkdir()
    for entry in (ours / "ansible_collections").iterdir():
        if entry.name != NAME.partition(".")[0]:
            (collections / entry.name).symlink_to(entry)
    for program in (Path(sys.prefix) / "bin").glob("ansible*"):
        text = program.read_text().replace(str(Path(sys.prefix) / "bin"), str(place / "bin"))
        (place / "bin" / program.name).write_text(text)
        (place / "bin" / program.name).chmod(0o755)
    return place / "bin/python"


def _environment(folder: Path) -> dict[str, str]:
    """A caller who knows nothing of the checkout: no configuration, collections in a folder of their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return {
        **kept,
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "CALICO_BGP_LAB_OWNER": str(os.getpid()),
    }


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run; what it printed on standard output. NotGood with all it printed when it fails."""
    print("$", " ".join(command), flush=True)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout, done.stderr, flush=True)
        raise NotGood(f"`{' '.join(command)}` ended with {done.returncode}.")
    print(done.stderr, end="", flush=True)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
