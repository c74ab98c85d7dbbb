# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of an evaluation: its figures as pictures and tables, for people."""

from __future__ import annotations

from pathlib import Path

from ...module_utils import rundir
from ...module_utils.evaluate.result import Evaluation
from ...module_utils.page.evaluation import view
from .render import render

PAGE = "evaluate.html"


def page(evaluation: Evaluation) -> str:
    """The whole page, one file."""
    return render("evaluate.html.j2", **view(evaluation))


def write(directory: Path, evaluation: Evaluation) -> str:
    """Write the page beside the result; its path. RunDirectoryError or OSError where it cannot."""
    return rundir.write_bytes(directory / PAGE, page(evaluation).encode("utf-8"))
