# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of variables in the READMEs of the roles, out of their argument specs.

Each README has one table, or one in the section of each entry point; the text around is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROLES = Path(__file__).resolve().parents[1] / "roles"
HEAD = "| variable | default | meaning |\n|---|---|---|\n"
TABLE = re.compile(re.escape(HEAD.partition("\n")[0]) + r"\n(?:\|.*\n)*")
MARKUP = re.compile(r"\b(RV|[A-Z])\(((?:[^\\)]|\\.)*)\)")
PAGE = re.compile(r"docs/[\w-]+\.md\Z")
Option = Mapping[str, Any]


def readmes() -> list[Path]:
    """The README of every role."""
    return sorted(ROLES.glob("*/README.md"))


def written(path: Path) -> str:
    """A README with its tables as the role's argument specs have them; LookupError where one has no place."""
    role, page = path.parent, path.read_text(encoding="utf-8")
    specs = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    defaults = yaml.safe_load((role / "defaults/main.yml").read_text(encoding="utf-8"))
    for entry, spec in specs.items():
        before, section, after = _cut(page, f"## {entry}\n") if len(specs) > 1 else ("", page, "")
        new = table(spec["options"], defaults)
        section, found = TABLE.subn(lambda _, new=new: new, section)  # type: ignore[misc]
        if found != 1:
            raise LookupError(
                f"{path}: there are {found} tables for {entry}; one is needed, below {HEAD.splitlines()[0]}"
            )
        page = before + section + after
    return page


def _cut(page: str, heading: str) -> tuple[str, str, str]:
    """The page before a section, the section with its heading, and what comes after it."""
    before, found, rest = page.partition(heading)
    section, next_one, after = rest.partition("\n## ")
    return before, found + section, next_one + after


def table(options: Mapping[str, Option], defaults: Mapping[str, object]) -> str:
    """The table of some variables in Markdown."""
    rows = (
        f"| `{name}` | {default(option, defaults.get(name))} | {meaning(option)} |\n"
        for name, option in options.items()
    )
    return HEAD + "".join(rows)


def default(option: Option, computed: object) -> str:
    """What a variable is where it is not given; `computed` is what the role's defaults say.

    >>> default({"default": ["ipv4", "ipv6"]}, None)
    '`[ipv4, ipv6]`'
    """
    if option.get("required"):
        return "required"
    if "default" not in option:
        return "none" if computed in (None, "{{ omit }}") else "computed"
    value = option["default"]
    if value == "":
        return "empty"
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=1000)
    return f"`{text.removesuffix(chr(10)).removesuffix(chr(10) + '...')}`"


def meaning(option: Option) -> str:
    """The description of a variable, its choices where it does not name them all, and its keys."""
    return "<br>".join(_lines(option)).replace("|", "\\|")


def _lines(option: Option) -> Iterator[str]:
    given = option["description"]
    texts = [given] if isinstance(given, str) else given
    yield from map(markdown, texts)
    choices = [f"`{choice}`" for choice in option.get("choices", ())]
    if not all(choice in markdown(" ".join(texts)) for choice in choices):
        yield f"Choices: {', '.join(choices)}."
    for name, key in option.get("options", {}).items():
        yield f"`{name}`{', required' if key.get('required') else ''}: {meaning(key)}"


def markdown(text: str) -> str:
    """Ansible's markup as Markdown; ValueError names a mark that none of our texts had yet.

    >>> markdown("V(absent), see O(state=absent) and C(docs/lab.md)")
    '`absent`, see `state: absent` and [docs/lab.md](../../docs/lab.md)'
    """
    return MARKUP.sub(_mark, text.strip())


def _mark(match: re.Match[str]) -> str:
    kind, text = match[1], re.sub(r"\\(.)", r"\1", match[2])
    if kind not in ("C", "M", "O", "RV", "V"):
        raise ValueError(f"{match[0]}: there is no Markdown for {kind}() yet; use C, M, O, RV or V")
    if kind == "C" and PAGE.match(text):
        return f"[{text}](../../{text})"
    if kind == "O":
        text = text.replace("=", ": ", 1)
    return f"`{text}`"
