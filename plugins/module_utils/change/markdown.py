# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change document as Markdown (CommonMark with tables), and in a few lines for a terminal.

Text from outside is printable, and either in code, where nothing means anything, or with a backslash before
whatever Markdown or HTML could read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..printable import brief, printable
from .document import Document, Moment, ObjectPart, RouterPart, Step
from .way_back import Command

#: What Markdown, its extensions or HTML read in the middle of a line or at its begin.
_MEANS = re.compile(
    r"[\\`*\[\]<>|~$]|&(?=#?\w+;)|:(?=//)|(?<=www)\.|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])|^[#+=-]"
)
#: A number at the begin of a line makes a list of it.
_NUMBERED = re.compile(r"^(\d+)([.)])")
#: Lines of one difference, or for one router, that are shown.
LINES = 5000
#: Characters of a line that are shown.
WIDEST = 1000


def markdown(document: Document) -> str:
    """The whole document."""
    return "\n".join(_document(document)).rstrip("\n") + "\n"


def text(said: str) -> str:
    r"""Words as they are, in prose or in a cell of a table.

    >>> text("node <b>a</b> | [x](http://y)"), text("12. rr1: 3 of 3 (now)")
    ('node \\<b\\>a\\</b\\> \\| \\[x\\](http\\://y)', '12\\. rr1: 3 of 3 (now)')
    """
    return _NUMBERED.sub(r"\1\\\2", _MEANS.sub(r"\\\g<0>", brief(said)))


def code(said: str) -> str:
    """A name or a value as code in a line; also in a cell of a table.

    >>> code("a`b"), code("a|b"), code("")
    ('`` a`b ``', '`a\\\\|b`', '` `')
    """
    shown = brief(said) or " "
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    space = " " if shown.startswith("`") or shown.endswith("`") or len(fence) > 1 else ""
    return f"{fence}{space}{shown}{space}{fence}".replace("|", "\\|")


def block(lines: Sequence[str], language: str = "") -> Iterator[str]:
    """Lines as a block of code, with a fence that none of them ends."""
    shown = [_cut(line) for line in lines[:LINES]]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield from shown
    if len(lines) > LINES:
        yield f"... and {len(lines) - LINES} more lines"
    yield fence


def _cut(line: str) -> str:
    shown = printable(line[:WIDEST])
    return shown if len(line) <= WIDEST else f"{shown} ... ({len(line)} characters in all)"


def _document(document: Document) -> Iterator[str]:
    yield f"# Change of cluster {text(document.cluster)}"
    yield from ("", text(document.summary), "")
    yield from _table(("", ""), _head(document))
    yield from ("", "## Sessions and routes", "")
    yield from _table(
        ("", "sessions of the mesh", "with route reflectors", "routes by the mesh", "by route reflectors"),
        map(_moment, document.moments),
    )
    yield from (
        "",
        ROUTES,
        "",
        "## Sessions that are reset",
        "",
    )
    yield from _listed(document.resets, NO_RESETS)
    yield from ("", "## Route reflectors", "")
    for router in document.routers:
        yield from _router(router)
    yield from ("## Objects of the cluster", "")
    for part in document.objects:
        yield from _object(part)
    yield from ("## Time", "")
    yield from _table(("wait", "seconds", "where that comes from"), map(_step, document.steps))
    yield from ("", total(document), "", "## Risks", "")
    yield from _listed(risks(document), "None that the plan knows of.")
    yield from ("", "## The way back", "")
    for command in document.way_back:
        yield from _command(command)
    yield from (
        "## Approval",
        "",
        "What is approved is everything above that is sent, by the identity of the plan:",
        "",
    )
    yield from block([f"calico_bgp_approved_plan: {document.identity}"], "yaml")
    yield from ("", "| part | digest |", "|---|---|")
    yield from (f"| {code(name)} | {code(digest)} |" for name, digest in sorted(document.parts.items()))


NO_RESETS = (
    "None: the lines and objects reset no session that is up. The sessions of the mesh end with the cut, "
    "which is what it is for."
)
ROUTES = (
    "Routes are those of all nodes to each other's blocks, at the least: borrowed addresses and services "
    "come on top."
)


def _head(document: Document) -> Iterator[tuple[str, str]]:
    yield "plan", code(document.identity)
    yield "Kubernetes API", code(document.server or "not known")
    yield "Calico", code(document.calico or "not known")


def total(document: Document) -> str:
    """How long the run waits in all, in a sentence."""
    least, most = document.least, document.most
    return (
        f"In all {minutes(least)} to {minutes(most)} of waiting, beside the pushes and the questions "
        "themselves, which nobody can know beforehand."
    )


def minutes(seconds: float) -> str:
    """A time as people say it."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _moment(moment: Moment) -> tuple[str, ...]:
    numbers = (
        moment.mesh_sessions,
        moment.reflector_sessions,
        moment.mesh_routes,
        moment.reflector_routes,
    )
    return moment.when, *(f"{number:,}" for number in numbers)


def _step(step: Step) -> tuple[str, ...]:
    seconds = f"{step.least:g}" if step.least == step.most else f"{step.least:g} to {step.most:g}"
    return step.name, seconds, text(step.how)


def _router(part: RouterPart) -> Iterator[str]:
    yield f"### {text(part.host)}"
    yield from ("", f"Address {code(part.address)}, {part.nodes} sessions. It {text(part.said)}.", "")
    if part.lines:
        yield from block([f"{line}  ! {why}" if why else line for line, why in part.lines])
        yield ""
    for name, lines in (("Left alone", part.withheld), ("To know", part.notices)):
        if lines:
            yield from (f"{name}:", "", *(f"* {text(line)}" for line in lines), "")


def _object(part: ObjectPart) -> Iterator[str]:
    yield f"### {text(part.title)}: {part.word}"
    yield from ("", f"{text(part.reason)}.", "")
    yield from block(part.lines, "diff")
    yield ""


def risks(document: Document) -> list[str]:
    """What may go otherwise, and the nodes that are left out."""
    left_out = [f"node {name} is no client: {why}" for name, why in document.left_out.items()]
    return [*document.risks, *left_out]


def _command(command: Command) -> Iterator[str]:
    yield f"### {command.purpose}"
    yield ""
    if command.line:
        yield from (*block([command.line], "sh"), "")
    yield from (text(command.note), "")


#: Characters of the text that goes on as an artifact.
ARTIFACT = 30_000


def artifact(whole: str) -> str:
    """The document as a value that others may keep among their variables: cut, and no template.

    >>> artifact("{{ x }}{% y %}{# z #}")
    '{ { x }}{ % y %}{ # z #}'
    """
    more = f"\n\n... {len(whole)} characters in all; the file change.md has them.\n"
    shown = whole if len(whole) <= ARTIFACT else whole[:ARTIFACT] + more
    return re.sub(r"\{(?=[{%#])", "{ ", shown)


def _listed(lines: Sequence[str], none: str) -> Iterator[str]:
    yield from [f"* {text(line)}" for line in lines] or [none]


def _table(heading: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(heading) + " |"
    yield "|" + "---|" * len(heading)
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def short(document: Document) -> Iterator[str]:
    """What of it belongs into the output of a run, beside what the report shows anyway."""
    resets = document.resets or ("none but those of the mesh, with the cut",)
    yield from (f"resets: {line}" for line in resets)
    yield f"time: {minutes(document.least)} to {minutes(document.most)} of waiting"
    for command in document.way_back:
        yield f"way back: {command.purpose}: {command.line or command.note}"
