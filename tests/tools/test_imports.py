# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports go one way: no circle among the modules of the code, and no test that another test needs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.helpers.commands import CHECKOUT

COLLECTION = "ansible_collections.telco.calico_bgp."
CODE = ("lab", "plugins", "tools")
TESTS = ("tests/bench", "tests/chaos", "tests/helpers", "tests/lab", "tests/run", "tests/tools", "tests/unit")


def modules(folders: Iterable[str], root: Path = CHECKOUT) -> dict[str, Path]:
    """The Python files below these folders by the name they are imported by."""
    found = {}
    for path in sorted(path for folder in folders for path in (root / folder).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(name: str, path: Path) -> Iterator[tuple[str, ...]]:
    """What a module imports, also inside its functions and for its types alone: the names it may be known by,
    the longest first, as `from x import y` means the module x.y or what x calls y.
    """
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for found in ast.walk(ast.parse(path.read_text())):
        if isinstance(found, ast.Import):
            yield from ((alias.name.removeprefix(COLLECTION),) for alias in found.names)
        elif isinstance(found, ast.ImportFrom):
            above = package[: len(package) - found.level + 1] if found.level else []
            base = ".".join([*above, *([found.module] if found.module else [])]).removeprefix(COLLECTION)
            yield from ((f"{base}.{alias.name}", base) for alias in found.names)


def graph(known: Mapping[str, Path]) -> dict[str, set[str]]:
    """Which of the known modules each of them imports."""
    return {
        name: {
            next(other for other in names if other in known)
            for names in imported(name, path)
            if known.keys() & set(names)
        }
        for name, path in known.items()
    }


def test_no_module_of_the_code_needs_itself() -> None:
    edges = graph(modules(CODE))
    assert len(edges) > 150
    assert "lab.ios.running" in edges["lab.ios.device"]
    assert "plugins.module_utils.rundir" in edges["plugins.action.bgp_run"]
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_a_circle_is_seen_wherever_the_import_stands(tmp_path: Path) -> None:
    for name, text in {
        "lab/__init__.py": "",
        "lab/a.py": "def f():\n    from . import b\n",
        "lab/b.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lab.a import f\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(CycleError) as circle:
        TopologicalSorter(graph(modules(["lab"], tmp_path))).prepare()
    assert set(circle.value.args[1]) == {"lab.a", "lab.b"}


def needed_tests(known: Mapping[str, Path]) -> list[str]:
    """Which modules of tests import others, or a conftest."""
    return [
        f"{name} imports {names[0]}"
        for name, path in known.items()
        for names in imported(name, path)
        if any(other.rpartition(".")[2].startswith(("test_", "conftest")) for other in names)
    ]


def test_no_test_imports_another() -> None:
    known = modules(TESTS)
    assert len(known) > 30
    assert needed_tests(known) == []


def test_a_test_that_imports_another_is_seen(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text("from tests.lab import test_two\nimport conftest\n")
    (tmp_path / "test_two.py").write_text("from tests.lab.test_three import wait\n")
    assert needed_tests(modules(["."], tmp_path)) == [
        "test_one imports tests.lab.test_two",
        "test_one imports conftest",
        "test_two imports tests.lab.test_three.wait",
    ]


def test_no_two_tests_have_one_name() -> None:
    """pytest imports a file by its name alone where its folder is no package."""
    alone = [
        path.name
        for path in (CHECKOUT / "tests").rglob("test_*.py")
        if not (path.parent / "__init__.py").exists()
    ]
    assert len(alone) > 30
    assert [name for name in alone if alone.count(name) > 1] == []
