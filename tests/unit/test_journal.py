# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a run: whole lines from many writers, and nothing stops where it cannot be written."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from ansible_collections.telco.calico_bgp.plugins.module_utils import rundir
from ansible_collections.telco.calico_bgp.plugins.module_utils.page.packets import counted
from ansible_collections.telco.calico_bgp.plugins.plugin_utils import versions


def _write(run: Path, name: str) -> None:
    for number in range(200):
        rundir.note(run, "asked", name, text=f"{number} " + "x" * 300, began=1.0)


def test_lines_of_several_processes_are_whole(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(_write, [tmp_path] * 4, "abcd"))
    notes = rundir.read_notes(tmp_path)
    assert len(notes) == 800
    assert {note.subject for note in notes} == set("abcd")
    assert [n.at for n in notes] == sorted(n.at for n in notes)
    assert (tmp_path / rundir.JOURNAL).stat().st_mode & 0o777 == 0o600


def test_a_journal_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    rundir.note(tmp_path / "gone", "cut")
    assert rundir.read_notes(tmp_path / "gone") == ()


def test_a_link_is_neither_written_nor_read(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    (tmp_path / rundir.JOURNAL).symlink_to(tmp_path / "other")
    rundir.note(tmp_path, "cut")
    assert (tmp_path / "other").read_text() == ""
    assert rundir.read_notes(tmp_path) == ()


def test_lost_packets_are_counted_in_the_second_in_which_they_were_sent() -> None:
    gaps = [{"gaps": [[0.0, 0.5], [10.25, 12.5]]}, {"gaps": [[10.0, 10.25]]}]
    report = {"sent": 9000, "lost": 12, "longest_run": 9, "started": 1000.0, "interval": 0.25, "pairs": gaps}
    assert counted(report)["lost_at"] == [[1000, 2], [1010, 4], [1011, 4], [1012, 2]]


def test_a_probe_that_says_no_times_has_its_sums() -> None:
    assert counted({"sent": 3, "lost": 1, "longest_run": 1}) == {
        "sent": 3,
        "lost": 1,
        "longest_run": 1,
        "lost_at": [],
    }


def test_a_run_begins_with_what_it_is_made_with() -> None:
    told = versions.surroundings({"awx_job_id": 7, "awx_user_name": "ann", "ansible_password": "x"})
    assert (told["awx_job_id"], told["awx_user_name"], told["collection"]) == ("7", "ann", "0.1.0")
    assert "ansible_password" not in told
    assert told["ansible_core"].startswith("2.")
