# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets planted wherever a user has some, and looked for in all that a run leaves or shows meanwhile.

ansible-runner runs the playbooks, as AWX does, so that there are events and a fact cache to look into.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.helpers.commands import BIN, CHECKOUT, call
from tests.helpers.fake_ios import type_7
from tests.helpers.labs import Lab

pytestmark = pytest.mark.lab

VAULT = "Pl4nted-0pens-the-vault"
BGP, ENABLE, TEAM = "Pl4nted-0f-the-bgp", "Pl4nted-t0-enable", "Pl4nted-by-the-team"
#: What stands in every place that is looked at, so that a look at nothing fails.
PUBLIC = "192.168.1.10"


class Vaulted(str):
    """A text that stands encrypted in an inventory."""


class Dumper(yaml.SafeDumper):
    """YAML with Ansible's tag for what is encrypted."""


def _encrypted(dumper: yaml.SafeDumper, text: Vaulted) -> yaml.ScalarNode:
    vault = VaultLib([("default", VaultSecret(VAULT.encode()))])
    return dumper.represent_scalar("!vault", vault.encrypt(str(text)).decode(), style="|")


Dumper.add_representer(Vaulted, _encrypted)
INVENTORY = {
    "all": {"vars": {"of_the_team": Vaulted(TEAM)}},
    "route_reflectors": {
        "hosts": {
            "rr1": {
                "cisco_rr_password": Vaulted(BGP),
                "ansible_become": True,
                "ansible_become_method": "ansible.netcommon.enable",
                "ansible_become_password": Vaulted(ENABLE),
            }
        }
    },
}


@dataclass
class Team:
    """Somebody with secrets, and a lab."""

    lab: Lab
    folder: Path = field(init=False)
    number: int = 0

    def __post_init__(self) -> None:
        self.folder = self.lab.directory / "team"
        (self.folder / "env").mkdir(parents=True)
        (self.folder / "vault").write_text(VAULT)
        (self.folder / "hosts.yml").write_text(yaml.dump(INVENTORY, Dumper=Dumper))

    def secrets(self) -> dict[str, list[str]]:
        """Each secret by what it is, in all the forms that read as it."""
        config = yaml.safe_load(Path(self.lab.facts()["operator_kubeconfig"]).read_text())
        plain = {
            "the BGP password": BGP,
            "the enable password": ENABLE,
            "a vaulted variable": TEAM,
            "the password of the vault": VAULT,
            "the token of the kubeconfig": config["users"][0]["user"]["token"],
            "the login of the router": self.lab.facts()["router_password"],
        }
        coded = {name: [text, base64.b64encode(text.encode()).decode()] for name, text in plain.items()}
        coded["the BGP password"] += [type_7(BGP, salt) for salt in range(16)]
        return coded

    def play(self, playbook: str, **variables: Any) -> Shown:
        """Run a playbook as talkative as it gets; all that could be seen of it."""
        self.number += 1
        ident, home = str(self.number), self.folder / "home"
        given = {"calico_plan_run_directory": str(self.lab.runs), **variables}
        (self.folder / "env/extravars").write_text(json.dumps(given))
        environment = {
            **self.lab.environment,
            "ANSIBLE_HOME": str(home),
            "ANSIBLE_LOG_PATH": str(self.folder / "log"),
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.folder / "vault"),
        }
        command = [
            str(BIN / "ansible-runner"), "run", str(self.folder), "--project-dir", str(CHECKOUT),
            "-p", f"playbooks/{playbook}.yml", "--ident", ident,
            f"--cmdline=-vvv --diff -i inventories/lab -i {self.folder / 'hosts.yml'}",
        ]  # fmt: skip
        with watched_processes() as processes:
            done = call(command, environment)
        artifacts = self.folder / "artifacts" / ident
        assert (artifacts / "status").exists(), done.stdout + done.stderr
        return Shown(
            (artifacts / "status").read_text(),
            {
                "the output": [done.stdout, done.stderr],
                "the log": [(self.folder / "log").read_text()],
                "the run directory": texts(self.lab.runs),
                "the events": texts(artifacts / "job_events"),
                "what the runner keeps": texts(artifacts),
                "the process list": sorted(processes),
            },
            texts(home),
        )


@dataclass(frozen=True)
class Shown:
    """How a run ended, what could be read by place, and what lies in Ansible's caches, often nothing."""

    status: str
    places: dict[str, list[str]]
    caches: list[str]

    def found(self, secrets: dict[str, list[str]]) -> list[str]:
        """Which secret stands where."""
        places = {**self.places, "the caches": self.caches}
        return [
            f"{name} in {place}"
            for name, forms in secrets.items()
            for place, read in places.items()
            if any(form in text for form in forms for text in read)
        ]


def texts(folder: Path) -> list[str]:
    """Every file below a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.read_bytes().decode("utf-8", "replace") for path in files]


@contextmanager
def watched_processes() -> Iterator[set[str]]:
    """Every command line that any process of the machine has meanwhile."""
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.03):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    seen.add(
                        (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                    )

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


@pytest.fixture(scope="module")
def team(lab: Lab) -> Team:
    return Team(lab)


@pytest.mark.parametrize(
    ("playbook", "outcome"),
    [("plan", "planned"), ("site", "cut"), ("validate", "valid"), ("rollback", "rolled_back")],
)
def test_planted_secrets_are_nowhere_to_be_read(team: Team, playbook: str, outcome: str) -> None:
    """The tests follow one another: from the mesh to the reflector, and back."""
    shown = team.play(playbook, calico_bgp_soak=3, calico_bgp_validate_interval=1)
    assert shown.status == "successful", shown.places["the output"][0][-3000:]
    assert f'"outcome": "{outcome}"' in "".join(shown.places["the run directory"])
    places = {place: any(PUBLIC in text for text in read) for place, read in shown.places.items()}
    assert places == {**dict.fromkeys(places, True), "the process list": places["the process list"]}
    assert any("ansible-playbook" in line and "-vvv" in line for line in shown.places["the process list"])
    assert shown.found(team.secrets()) == []


def test_what_is_planted_is_used_and_would_be_found(team: Team) -> None:
    """The password of the sessions is in the Secret and on the router, where it belongs."""
    shown = Shown("", {"the output": [f"neighbor 192.168.1.10 password {BGP}"]}, [])
    assert shown.found(team.secrets()) == ["the BGP password in the output"]
    secret = "/api/v1/namespaces/calico-system/secrets/peer-to-external-rr-password"
    assert base64.b64encode(BGP.encode()).decode() in json.dumps(team.lab.api.request("GET", secret).json())
