# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of an action plugin, out of the documentation of its module, so that they are written once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from ansible.module_utils.common.yaml import yaml_load

#: What an argument spec says of an option in the same words as the documentation.
SHARED = ("type", "elements", "required", "default", "choices")
#: The fragments of documentation that are read; those of other collections are not.
OURS = "telco.calico_bgp."


def arguments(documentation: str, secrets: Iterable[str] = ()) -> dict[str, dict[str, Any]]:
    """The argument spec of the options that a module's DOCUMENTATION describes.

    Those of its documentation fragments stand behind its own, as Ansible has it. `secrets` are those that are
    never shown; LookupError names one that is not documented, or a fragment of another collection.

    >>> arguments("options: {word: {description: A word., type: str, required: true}}", ["word"])
    {'word': {'type': 'str', 'required': True, 'no_log': True}}
    """
    spec = _spec(_options(yaml_load(documentation)))
    for name in secrets:
        if name not in spec:
            raise LookupError(
                f"{name} is to be kept secret and no documented option; there are {', '.join(spec)}"
            )
        spec[name]["no_log"] = True
    return spec


def _options(page: Mapping[str, Any]) -> dict[str, Any]:
    options = dict(page["options"])
    for name in page.get("extends_documentation_fragment", ()):
        if not name.startswith(OURS):
            raise LookupError(f"{name} is a fragment of another collection; document its options themselves")
        module, _dot, part = name[len(OURS) :].partition(".")
        found = import_module(f"ansible_collections.{OURS}plugins.doc_fragments.{module}")
        fragment = yaml_load(getattr(found.ModuleDocFragment, part.upper() or "DOCUMENTATION"))
        for key, option in fragment["options"].items():
            options.setdefault(key, option)
    return options


def _spec(options: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    spec = {}
    for name, option in options.items():
        spec[name] = {key: option[key] for key in SHARED if key in option}
        if "suboptions" in option:
            spec[name]["options"] = _spec(option["suboptions"])
    return spec
