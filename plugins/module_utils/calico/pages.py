# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list of the Kubernetes API as it comes page by page, each made small at once: a short one never passes as
whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Small = TypeVar("Small")

#: How often a list is begun before it is given up.
PASSES = 3
#: What the API answers where the next page belongs to a state that it no longer has (Kubernetes: 410 Gone).
GONE = 410


class PageError(ValueError):
    """A list that cannot be read to its end; the message names it, and says what to do."""


class Pages(Generic[Small]):
    """The list at `path`, `size` objects a page; `small` makes of an object what is kept of it.

    Ask for `path` with `query` until it is `done`, and give it each page (`take`), or say that the API no
    longer has the next one (`again`). PageError where a page is none, or the list does not come to its end.
    """

    def __init__(self, path: str, size: int, small: Callable[[Any], Small]) -> None:
        self.found: list[Small] = []
        self.done = False
        self._path, self._size, self._small = path, size, small
        self._passes = 1
        self._token = ""
        self._tokens: set[str] = set()

    @property
    def query(self) -> dict[str, str]:
        """What the next page is asked with."""
        return {"limit": str(self._size), **({"continue": self._token} if self._token else {})}

    @property
    def begun(self) -> bool:
        """Whether the next page is one that follows."""
        return bool(self._token)

    def take(self, page: Any) -> None:
        """Keep what is needed of a page."""
        try:
            items, token = page["items"], page["metadata"].get("continue") or ""
            # Go writes null for a list in which there is nothing.
            self.found += [self._small(_object(item)) for item in ([] if items is None else items)]
        except (KeyError, TypeError, AttributeError) as exc:
            raise PageError(
                f"{self._path}: what the Kubernetes API gave is no page of its objects ({exc!r}). Try again; "
                "what stands between this machine and the API may have changed it"
            ) from exc
        if token in self._tokens:
            raise PageError(
                f"{self._path}: the Kubernetes API gives the same page over and over. Try again; what stands "
                "between this machine and the API may have changed it"
            )
        self._tokens.add(token)
        self._token, self.done = token, not token

    def again(self) -> None:
        """Begin anew, as the API no longer has the state that the pages so far belong to."""
        if self._passes == PASSES:
            raise PageError(
                f"{self._path}: the Kubernetes API gave the list up in the middle {PASSES} times (410 Gone). "
                "Try again when it has less to do"
            )
        self._passes += 1
        self.found, self._token = [], ""
        self._tokens.clear()


def _object(item: Any) -> Any:
    if not isinstance(item, dict):
        raise TypeError(f"{type(item).__name__} in place of an object")
    return item
