# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of variables: what an argument spec says, as Markdown."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from tools import roletables

SPECS = """
argument_specs:
  main:
    options:
      sample_state:
        description: V(present) or V(absent).
        type: str
        default: present
        choices: [present, absent]
      sample_words:
        description: Words.
        type: str
"""
DEFAULTS = 'sample_state: present\nsample_words: "{{ other_words }}"\n'


def role(folder: Path, page: str, more_specs: str = "") -> Path:
    """A small role; its README."""
    for name, text in {
        "meta/argument_specs.yml": SPECS + more_specs,
        "defaults/main.yml": DEFAULTS,
        "README.md": page,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder / "README.md"


STATE_ROW = "| `sample_state` | `present` | `present` or `absent`. |\n"
WORDS_ROW = "| `sample_words` | computed | Words. |\n"


def test_a_table_is_written_anew_and_the_text_around_it_stays(tmp_path: Path) -> None:
    readme = role(tmp_path, f"# sample\n\n{roletables.HEAD}| `old` | none | Gone. |\n\nBy hand.\n")
    assert roletables.written(readme) == (
        f"# sample\n\n| variable | default | meaning |\n|---|---|---|\n{STATE_ROW}{WORDS_ROW}\nBy hand.\n"
    )


def test_each_entry_point_has_its_table_in_its_section(tmp_path: Path) -> None:
    other = "  other:\n    options:\n      sample_more:\n        description: More.\n        default: 5\n"
    head = roletables.HEAD
    readme = role(tmp_path, f"# sample\n\n## other\n\nSo.\n\n{head}\n## main\n\n{head}\nEnd.\n", other)
    assert roletables.written(readme) == (
        f"# sample\n\n## other\n\nSo.\n\n{head}| `sample_more` | `5` | More. |\n"
        f"\n## main\n\n{head}{STATE_ROW}{WORDS_ROW}\nEnd.\n"
    )


def test_a_readme_without_a_place_for_the_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"README.md: there are 0 tables for main"):
        roletables.written(role(tmp_path, "# sample\n"))


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        ({"required": True}, "required"),
        ({}, "none"),
        ({"default": ""}, "empty"),
        ({"default": False}, "`false`"),
        ({"default": 5}, "`5`"),
        ({"default": "all()"}, "`all()`"),
        ({"default": []}, "`[]`"),
        ({"default": {"hold": 9, "again": 1}}, "`{hold: 9, again: 1}`"),
    ],
)
def test_a_default_is_shown_as_it_is_written(option: dict[str, object], shown: str) -> None:
    assert roletables.default(option, None) == shown


@pytest.mark.parametrize(("computed", "shown"), [("{{ omit }}", "none"), ("{{ other }}", "computed")])
def test_a_default_out_of_other_variables_is_told_from_none(computed: str, shown: str) -> None:
    assert roletables.default({}, computed) == shown


def test_paragraphs_choices_and_keys_have_a_line_each() -> None:
    option = {
        "description": ["One | two.", "As V(a) says."],
        "choices": ["a", "b"],
        "options": {
            "key": {"description": "A key.", "required": True},
            "more": {"description": ["X.", "Y."]},
        },
    }
    assert roletables.meaning(option) == (
        "One \\| two.<br>As `a` says.<br>Choices: `a`, `b`.<br>`key`, required: A key.<br>`more`: X.<br>Y."
    )


def test_choices_that_the_text_names_are_not_named_twice() -> None:
    assert roletables.meaning({"description": "V(a) or V(b).", "choices": ["a", "b"]}) == "`a` or `b`."


def test_a_mark_without_markdown_is_named() -> None:
    with pytest.raises(ValueError, match=r"^L\(text,link\): there is no Markdown for L\(\) yet"):
        roletables.markdown("See L(text,link).")


def test_the_examples_in_the_docstrings_are_true() -> None:
    found = doctest.testmod(roletables)
    assert found.attempted
    assert not found.failed
