# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of a router's text as Jinja filters: plain data out, errors as Ansible wants them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ..module_utils.ios.show.answer import is_inactive
from ..module_utils.ios.text import IosTextError

display = Display()


def read(name: str, reader: Callable[[str, str], Any], text: object, command: object) -> Any:
    """What `reader` makes of the text of `command`, as lists and dictionaries.

    Raises:
        AnsibleFilterError: the text is not understood (the message names command, line and reason), the
            router runs no BGP, or the input is no text.
    """
    if not isinstance(text, str) or not isinstance(command, str):
        wrong = text if isinstance(command, str) else command
        raise AnsibleFilterError(
            f"{name}: expected the text of one command, got {type(wrong).__name__}; "
            "of a result of cisco.ios.ios_command give stdout[0]"
        )
    try:
        records = reader(str(text), str(command))
    except IosTextError as exc:
        raise AnsibleFilterError(f"{name}: {exc}") from exc
    if not records and any(is_inactive(line) for line in text.splitlines()):
        raise AnsibleFilterError(f"{name}: no BGP process runs on this router (% BGP not active)")
    return plain(records)


def warn(name: str, lines: tuple[str, ...]) -> None:
    """Report lines that are not known and in no record."""
    for line in lines:
        display.warning(f"{name}: this line of a heading is not known; please report it: {line!r}")


def plain(value: Any) -> Any:
    """Records as dictionaries, tuples as lists, sets as sorted lists."""
    if isinstance(value, type) or not is_dataclass(value):
        if isinstance(value, (tuple, list)):
            return [plain(each) for each in value]
        if isinstance(value, frozenset):
            return sorted(value)
        return {key: plain(each) for key, each in value.items()} if isinstance(value, Mapping) else value
    return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
