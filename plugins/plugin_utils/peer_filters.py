# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions over lists of peers as Jinja filters: their errors as Ansible wants them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from ansible.errors import AnsibleFilterError


def named(name: str, function: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """The filter by its name; the function's ValueError becomes an AnsibleFilterError that says the name."""

    @wraps(function)
    def filtered(*given: Any, **options: Any) -> Any:
        try:
            return function(*given, **options)
        except ValueError as error:
            raise AnsibleFilterError(f"{name}: {error}") from error

    return {name: filtered}
