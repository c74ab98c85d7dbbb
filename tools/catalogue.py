# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what the documentation repeats of the code; the text around it is written by hand.

``python -m tools.catalogue`` writes the tables of docs/checks.md out of the checks' docstrings, and those of
the roles' READMEs out of their argument specs.
"""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import catalogue
from tools import roletables

PAGE = Path(__file__).resolve().parents[1] / "docs/checks.md"
HEAD = ("check", "passes when", "otherwise")


def table(title: str) -> str:
    """The table of one section, in Markdown."""
    rows = [(f"`{c.check}`", c.passes, c.otherwise) for c in catalogue.of_section(title)]
    lines = [HEAD, *rows]
    texts = ["| " + " | ".join(row) + " |" for row in lines]
    return "\n".join([texts[0], "|---|---|---|", *texts[1:]]) + "\n"


def written(page: str) -> str:
    """The page with the tables as the code has them; LookupError names a section that the page lacks."""
    for title in catalogue.SECTIONS:
        section = re.compile(rf"(^## {re.escape(title)}\n(?:(?!^## |^\|).*\n)*)(?:^\|.*\n)*", re.MULTILINE)
        new = table(title)
        page, found = section.subn(lambda match, new=new: match[1] + new, page)  # type: ignore[misc]
        if found != 1:
            raise LookupError(f"{PAGE}: there is no section '## {title}' for its checks; write one")
    return page


def main() -> None:
    """Write all pages."""
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{PAGE}: {len(catalogue.contracts())} checks")
    for readme in roletables.readmes():
        readme.write_text(roletables.written(readme), encoding="utf-8")
        print(readme)


if __name__ == "__main__":
    main()
