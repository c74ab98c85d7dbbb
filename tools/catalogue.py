# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what the documentation repeats of the code; the text around it is written by hand.

``python -m tools.catalogue`` writes the tables of docs/checks.md out of the gates and the checks' docstrings,
those of the roles' READMEs out of their argument specs, and docs/result.schema.json out of docs/result.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ansible_collections.telco.calico_bgp.plugins.module_utils.checks import catalogue, gates
from tools import result_schema, roletables

PAGE = Path(__file__).resolve().parents[1] / "docs/checks.md"
HEAD = ("check", "passes when", "otherwise")
GATE_HEAD = ("gate", "asked", "checks")
#: The gate in front of the cut, whose checks others ask again.
PROOF = "cut"


Rows = Sequence[tuple[str, ...]]


def tables() -> dict[str, str]:
    """The tables of the page, by section, in Markdown."""
    found = {"Gates": table([GATE_HEAD, *gate_rows()])}
    for title in catalogue.SECTIONS:
        rows = [(f"`{c.check}`", c.passes, c.otherwise) for c in catalogue.of_section(title)]
        found[title] = table([HEAD, *rows])
    return found


def table(rows: Rows) -> str:
    """A heading and its rows."""
    texts = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([texts[0], "|" + "---|" * len(rows[0]), *texts[1:]]) + "\n"


def gate_rows() -> Iterator[tuple[str, ...]]:
    """Each gate: its name, when it is asked, and its checks in short."""
    for name, gate in gates.GATES.items():
        yield f"`{name}`", gate.asked, ", ".join(_in_short(name))


def _in_short(name: str) -> Iterator[str]:
    """The checks of a gate: those of the gate in front of the cut by its name, a whole family by a star."""
    ids = list(catalogue.of_gate(name))
    proof = catalogue.of_gate(PROOF)
    if name != PROOF and set(proof) < set(ids):
        yield f"those of `{PROOF}`"
        ids = [check for check in ids if check not in proof]
    families = Counter(contract.check.partition(".")[0] for contract in catalogue.contracts())
    here = Counter(check.partition(".")[0] for check in ids)
    whole = {family for family, count in here.items() if count == families[family] > 1}
    yield from dict.fromkeys(
        f"`{family}.*`" if family in whole else f"`{check}`"
        for check in ids
        for family in [check.partition(".")[0]]
    )


def written(page: str) -> str:
    """The page with the tables as the code has them; LookupError names a section that the page lacks."""
    for title, new in tables().items():
        section = re.compile(rf"(^## {re.escape(title)}\n(?:(?!^## |^\|).*\n)*)(?:^\|.*\n)*", re.MULTILINE)
        page, found = section.subn(lambda match, new=new: match[1] + new, page)  # type: ignore[misc]
        if found != 1:
            raise LookupError(f"{PAGE}: there is no section '## {title}' for its checks; write one")
    return page


def main() -> None:
    """Write the pages that are not as they should be, and say which."""
    print(f"{len(catalogue.contracts())} checks")
    pages = {PAGE: written(PAGE.read_text(encoding="utf-8"))}
    pages |= {readme: roletables.written(readme) for readme in roletables.readmes()}
    pages[result_schema.SCHEMA] = result_schema.written()
    for path, text in pages.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"{path}: written")


if __name__ == "__main__":
    main()
