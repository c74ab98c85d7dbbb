# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page as a browser takes it apart: its elements, its text, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

#: Elements without an end, and those of SVG that end in themselves.
VOID = {"meta", "input", "br", "hr", "img", "link"}


class Page(HTMLParser):
    """Reads a page. `tags` counts its elements, `ids` its names, `links` where it leads or loads from, `text`
    is what a reader sees, `troubles` what is not right."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.headings: list[str] = []
        self.troubles: list[str] = []
        self._open: list[str] = []
        self._titles: list[str] = []
        self.feed(source)
        self.close()
        self.troubles += [f"<{tag}> is never closed" for tag in self._open]
        self.troubles += [f"id {name} twice" for name, count in Counter(self.ids).items() if count > 1]
        names = {*self.ids, "main"}
        self.troubles += [
            f"two parts are called {name}" for name, n in Counter(self._parts()).items() if n > 1
        ]
        self.troubles += [
            f"{link} leads nowhere" for link in self.links if link.removeprefix("#") not in names
        ]

    def _parts(self) -> list[str]:
        """What a screen reader calls the parts of the page that it can jump to."""
        labels = [value for tag, name, value in self.attributes if tag != "a" and name == "aria-label"]
        return [*labels, *self._titles]

    @property
    def text(self) -> str:
        """What a reader sees, on one line."""
        return " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._take(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._take(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.troubles.append(f"</{tag}> closes something else at line {self.getpos()[0]}")

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] not in ("script", "style"):
            self.texts.append(data)
        if self._open and self._open[-1] == "h2":
            self._titles.append(data)

    def _take(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag == "th" and "scope" not in dict(attrs):
            self.troubles.append(f"a heading of a table without scope at line {self.getpos()[0]}")
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        for name, value in attrs:
            self.attributes.append((tag, name, value or ""))
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href", "action", "srcset", "data"):
                self.links.append(value or "")
