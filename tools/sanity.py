# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The place where `ansible-test sanity` works: a tree .../ansible_collections/telco/calico_bgp, and a home.

ansible-test wants that path to be real (no link), a git repository of its own (inside a folder that git
ignores it skips everything and ends well), the other collections beside it, and a bootstrap for pip that it
would otherwise fetch from a server of its own.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

import yaml

from lab.programs import cache_directory
from tools.files import remove
from tools.venv import pip_wheel
from tools.worlds import CHECKOUT, Home

BUILD = CHECKOUT / ".build"
COMMAND = ("ansible-test", "sanity", "--local", "--color", "no")
BOOTSTRAP = """\
import subprocess, sys
args = [arg for arg in sys.argv[1:] if arg not in ("--no-setuptools", "--no-wheel")]
pip = [sys.executable, {wheel!r}, "install", "--quiet", "--disable-pip-version-check"]
subprocess.check_call([*pip, *args])
"""


def make_tree(home: Home) -> Path:
    """A fresh copy of what is shipped, beside links to the world's other collections; the copy's folder."""
    tree = BUILD / home.world.name / "ansible_collections"
    copy = tree / "telco/calico_bgp"
    remove(tree)
    ignored = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text())["build_ignore"]
    copy_tracked(copy, ignored)
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
    for namespace in (home.packages / "ansible_collections").iterdir():
        if namespace.is_dir() and namespace.name != "telco":
            (tree / namespace.name).symlink_to(namespace)
    return copy


def copy_tracked(folder: Path, ignored: Sequence[str] = ()) -> None:
    """Copy what git knows, and what it does not ignore, as it is now."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        source, target = CHECKOUT / name, folder / name
        if source.is_file() and not _is_ignored(name, ignored):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def environment(world: Home) -> dict[str, str]:
    """A home below .build, with the pip bootstrap and the user's pip settings in it."""
    home = BUILD / world.world.name / "home"
    cache = home / ".ansible/test/cache"
    cache.mkdir(parents=True, exist_ok=True)
    bootstrap = BOOTSTRAP.format(wheel=str(pip_wheel(cache_directory(), world.interpreter.program) / "pip"))
    (cache / f"get_pip_{_pinned_pip(world).replace('.', '_')}.py").write_text(bootstrap)
    settings = home / ".config/pip/pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(_pip_settings(world))
    return {"HOME": str(home)}


def _is_ignored(name: str, patterns: Sequence[str]) -> bool:
    """Whether galaxy.yml keeps the file, or a folder above it, out of the collection."""
    paths = [name, *(str(parent) for parent in Path(name).parents)]
    return any(fnmatch(path, pattern) for path in paths for pattern in patterns)


def _pinned_pip(home: Home) -> str:
    """The version of pip that this ansible-test installs first."""
    source = home.packages / "ansible_test/_internal/python_requirements.py"
    found = re.search(r"pip='([0-9.]+)'", source.read_text())
    if found is None:
        raise LookupError(f"{source} does not say which pip it wants (looked for pip='...').")
    return found[1]


def _pip_settings(home: Home) -> str:
    """pip's present settings, from files and environment, as a file: ansible-test passes no variables on."""
    listing = [str(home.python), "-m", "pip", "config", "list"]
    text = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
    settings = dict(re.findall(r"^(?:global|install|:env:)\.([a-z-]+)='(.*)'$", text, re.MULTILINE))
    for unwanted in ("target", "prefix", "user", "cache-dir", "require-virtualenv"):
        settings.pop(unwanted, None)
    return "\n".join(["[global]", *(f"{name} = {value}" for name, value in settings.items()), ""])
