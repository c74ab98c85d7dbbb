# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages for people: one HTML file each, with its style and its script inside, that fetches nothing.

Jinja2 escapes whatever a template prints. Style and script are named by their digests in the page's
Content-Security-Policy, so that no other style or script would be obeyed, even if one came in.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ...module_utils.printable import printable

TEMPLATES = Path(__file__).with_name("templates")
#: Characters of one text that a page shows at the most, and of a name.
LONGEST, NAME = 2000, 80
_PATH = re.compile(r"[MHVCLZmhvclz0-9. -]*")


def render(template: str, **values: Any) -> str:
    """The page that the template makes of the values. `base.html.j2` is what all of them share."""
    return _environment().get_template(template).render(values)


def shown(text: object, most: int = NAME) -> str:
    """A text from outside on one line, cut where it is long; what was cut is counted.

    >>> shown("node-a\\x1b[31m"), shown("x" * 5000, 4)
    ('node-a\\\\x1b[31m', 'xxxx\\u2026 (5000 characters)')
    """
    whole = str(text)
    line = printable(whole[:most])
    return line if len(whole) <= most else f"{line}\u2026 ({len(whole)} characters)"


def drawing(path: str) -> Markup:
    """An SVG path of any length, made of letters and numbers by the layout; ValueError where not."""
    if not _PATH.fullmatch(path):
        raise ValueError("an SVG path has letters of commands, numbers and spaces alone")
    return Markup(path)


def count(number: int | None) -> str:
    """A number with its thousands apart, as 499,500; a dash where it is not known."""
    return "\u2013" if number is None else f"{number:,}"


@functools.cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = _file("style.css"), _file("filter.js")
    made.globals.update(style=Markup(style), script=Markup(script), policy=_policy(style, script))
    made.filters.update(shown=shown, count=count, drawing=drawing)
    return made


def _finalize(value: Any) -> Any:
    """Whatever a template prints and did not make itself, as it may be shown."""
    return shown(value, LONGEST) if isinstance(value, str) and not isinstance(value, Markup) else value


def _file(name: str) -> str:
    """A file of ours without its licence, which the page itself names."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    return text.partition("*/")[2].strip() + "\n"


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
