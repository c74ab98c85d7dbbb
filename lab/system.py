# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab needs of the machine, checked before anything is touched; and how its namespaces are made."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from lab.namespaces import SYSTEM_PATH
from lab.programs import Missing, Programs, cache_directory, find, own_or_cached
from lab.state import LabError

ARCHITECTURES = ("x86_64", "aarch64")
HELPERS = ("unshare", "nsenter", "mount", "setpriv", "taskset", "sleep")
#: In front of a command: the kernel ends it when who started it ends, also when that is killed.
ENDS_WITH_CALLER = ("setpriv", "--pdeathsig", "TERM", "--")
AS_ROOT = "start the lab as root"
# What a place does first: it shows that namespaces, bridges and veth pairs are allowed.
TRIAL = "ip link add br0 type bridge && ip link add v0 type veth peer name v1"
IPIP = ("name", "tunl1", "type", "ipip", "local", "192.0.2.1")


def namespace_command(*, root: bool) -> list[str]:
    """unshare with the namespaces of a lab's daemon, up to the program it is to run.

    Killing unshare kills all that is inside; an ordinary user becomes root of a user namespace.
    """
    user = [] if root else ["--user", "--map-root-user"]
    return ["unshare", *user, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def check(environment: Mapping[str, str] = os.environ) -> Programs:
    """The programs of the lab; LabError with one sentence on the first thing this machine lacks."""
    if platform.system() != "Linux" or platform.machine() not in ARCHITECTURES:
        raise LabError(
            f"The lab runs on Linux on {' or '.join(ARCHITECTURES)} only, not on {platform.system()} "
            f"on {platform.machine()}: use such a machine or a virtual one."
        )
    for name in HELPERS:
        if not shutil.which(name, path=SYSTEM_PATH):
            raise LabError(
                f"The program {name} is missing: install the package util-linux (sleep: coreutils)."
            )
    try:
        programs = find(environment)
    except Missing as missing:
        raise LabError(str(missing)) from missing
    for program in (programs.bird, programs.bgpd):
        check_runs(program, programs.library_path)
    _check_namespaces(programs.ip)
    return programs


def check_runs(program: Path, library_path: str) -> None:
    """LabError when the program does not start on this machine."""
    try:
        done = subprocess.run(
            [program, "--version"],
            env={"LD_LIBRARY_PATH": library_path, "PATH": SYSTEM_PATH},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise LabError(
            f"{program} does not run on this machine ({error.strerror}): run `make setup` here."
        ) from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise LabError(
            f"{program} does not start ({said[0] if said else f'status {done.returncode}'}): "
            "run `make setup` again to fetch the libraries it needs."
        )


def has_ipip() -> bool:
    """Whether this kernel has, or can load, an IPIP device; asked in a namespace of its own."""
    ip = str(own_or_cached("ip", cache_directory() / "deb"))
    trial = [*namespace_command(root=os.geteuid() == 0), "--net", ip, "link", "add", *IPIP]
    done = subprocess.run(trial, env={"PATH": SYSTEM_PATH}, capture_output=True, check=False)
    return done.returncode == 0


def _check_namespaces(ip: Path) -> None:
    root = os.geteuid() == 0
    command = [*namespace_command(root=root), "--net", "/bin/sh", "-c", TRIAL.replace("ip ", f"{ip} ")]
    done = subprocess.run(
        command,
        env={"PATH": SYSTEM_PATH},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LabError(refusal(done.stderr.strip(), root=root))


def refusal(said: str, *, root: bool, proc: Path = Path("/proc/sys")) -> str:
    """One sentence on why namespaces cannot be made or used; `said` is what the trial printed."""
    reason = said.splitlines()[-1] if said else "no reason given"
    if "unshare" not in said and "permitted" not in said:
        return (
            f"This kernel lacks something the lab's network needs ({reason}): "
            "load the modules bridge and veth, or use another kernel."
        )
    if root:
        return (
            f"Root may not make namespaces here ({reason}): "
            "start the container with CAP_SYS_ADMIN and CAP_NET_ADMIN (docker: --privileged)."
        )
    switches = {
        "kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
        "kernel/unprivileged_userns_clone": ("0", "1"),
        "user/max_user_namespaces": ("0", "10000"),
    }
    for name, (forbidden, allowed) in switches.items():
        file = proc / name
        if file.exists() and file.read_text().strip() == forbidden:
            setting = name.replace("/", ".")
            return (
                f"This machine forbids user namespaces to ordinary users ({setting} is {forbidden}): "
                f"run `sudo sysctl {setting}={allowed}`, or {AS_ROOT}."
            )
    return f"Ordinary users may not make user namespaces here ({reason}): {AS_ROOT}."
