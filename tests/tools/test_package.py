# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of the archive: what must not be in it, what it must document."""

from __future__ import annotations

import json

from tools.package import documented_things, static_inventory, unexpected


def test_what_nobody_meant_to_ship_is_named() -> None:
    shipped = ["MANIFEST.json", "README.md", "plugins/action/bird_info.py", "roles/cisco_rr/README.md"]
    stray = [".venv-new/bin/python", "lab/cli.py", "Makefile", "plugins/__pycache__/x.pyc", "roles.tar.gz"]
    assert unexpected(shipped + stray) == stray


def test_modules_filters_and_roles_must_be_documented_and_helpers_need_not() -> None:
    names = [
        "plugins/modules/bird_info.py",
        "plugins/action/bird_info.py",
        "plugins/module_utils/model.py",
        "plugins/filter/mesh.py",
        "plugins/modules/__init__.py",
        "roles/cisco_rr/meta/argument_specs.yml",
    ]
    assert documented_things(names) == {
        "module": ["telco.calico_bgp.bird_info"],
        "filter": ["telco.calico_bgp.mesh"],
        "role": ["telco.calico_bgp.cisco_rr"],
    }


def test_a_script_s_inventory_becomes_a_file() -> None:
    listing = {
        "_meta": {"hostvars": {"rr1": {"ansible_port": 22}}},
        "all": {"children": ["routers"]},
        "routers": {"hosts": ["rr1"], "vars": {"a": 1}},
    }
    assert json.loads(static_inventory(listing)) == {
        "all": {"hosts": {"rr1": {"ansible_port": 22}}, "children": {"routers": {}}, "vars": {}},
        "routers": {"hosts": {"rr1": {}}, "children": {}, "vars": {"a": 1}},
    }
