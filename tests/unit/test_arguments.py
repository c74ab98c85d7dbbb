# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument spec that is made of a module's documentation."""

from __future__ import annotations

import doctest

import pytest

from ansible_collections.telco.calico_bgp.plugins.plugin_utils import arguments

DOCUMENTED = """
module: sample
options:
  state:
    description: Whether it is there.
    type: str
    default: present
    choices: [present, absent]
    version_added: 1.0.0
  names:
    description: Which.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Its name.
        type: str
        required: true
      key:
        description: Its key.
        type: dict
        suboptions:
          size:
            description: How long it is.
            type: int
            default: 0
  quiet:
    description: Whether nothing is done.
    type: bool
    default: false
  word:
    description: A secret.
    type: str
"""


def test_every_level_and_every_property_of_an_option_comes_through() -> None:
    assert arguments.arguments(DOCUMENTED, secrets=["word"]) == {
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "names": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "required": True},
                "key": {"type": "dict", "options": {"size": {"type": "int", "default": 0}}},
            },
        },
        "quiet": {"type": "bool", "default": False},
        "word": {"type": "str", "no_log": True},
    }


def test_a_secret_that_is_not_documented_is_refused() -> None:
    with pytest.raises(
        LookupError, match="pass is to be kept secret and no documented option; there are state, "
    ):
        arguments.arguments(DOCUMENTED, secrets=["pass"])


def test_options_of_a_fragment_stand_behind_its_own_which_win() -> None:
    page = """
extends_documentation_fragment:
  - telco.calico_bgp.kubeconfig.controller
options:
  word: {description: A word., type: str}
  context: {description: Another one., type: str, default: ""}
"""
    assert list(arguments.arguments(page).items()) == [
        ("word", {"type": "str"}),
        ("context", {"type": "str", "default": ""}),
        ("kubeconfig", {"type": "path"}),
    ]


def test_a_fragment_of_another_collection_is_refused() -> None:
    with pytest.raises(LookupError, match=r"kubernetes\.core\.k8s_auth_options is a fragment of another"):
        arguments.arguments(
            "{extends_documentation_fragment: [kubernetes.core.k8s_auth_options], options: {}}"
        )


def test_the_example_in_its_docstring_is_true() -> None:
    found = doctest.testmod(arguments)
    assert found.attempted
    assert not found.failed
