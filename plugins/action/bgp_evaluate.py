# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the lab measure, judge the figures, and leave table, plot, page and evidence."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils import rundir
from ..module_utils.evaluate import judge, records, result, text
from ..module_utils.printable import printable
from ..modules import bgp_evaluate as documented
from ..plugin_utils import evaluate_plot, lab_measure
from ..plugin_utils.arguments import arguments
from ..plugin_utils.page import evaluation as evaluation_page

display = Display()

ARGUMENTS = arguments(documented.DOCUMENTATION)
ELSEWHERE = (
    "there is no lab behind this inventory, and this is measured in the lab alone. On a real cluster it"
    " would need: two nodes and the network between them free of other traffic; an IPPool of each"
    " encapsulation, with pods of all of them on both nodes that have iperf3 and ping, and the right to"
    " create these; root on one node to capture its underlay; and a time at which full load harms nobody."
    " Run it with the inventory of a lab (`make lab-up`), or run `make evaluate`"
)


class ActionModule(ActionBase):
    """Changes nothing but the directory of its results. In check mode it says what it would measure."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        host = str((task_vars or {})["inventory_hostname"])
        _result, args = self.validate_argument_spec(ARGUMENTS)
        if problem := unusable(args):
            return {"changed": False, "failed": True, "msg": f"{host}: {problem}."}
        if self._task.check_mode:
            display.display(f"    {host}: {intention(args)}")
            return {"changed": False, "skipped": True, "msg": intention(args)}
        plotted = args["rounds"] > 0 and can_plot(host)
        try:
            data = lab_measure.measure(
                args["lab"], options(args), lambda line: display.display(f"    {host}: {line}")
            )
            measurement = records.read_measurement(data)
        except (lab_measure.MeasureError, records.EvaluateError) as error:
            return {"changed": False, "failed": True, "msg": f"{host}: {error}"}
        found = judge.judge(measurement)
        show(text.table(found).splitlines())
        try:
            files = leave(args["directory"], host, measurement, found)
        except (rundir.RunDirectoryError, OSError) as error:
            return {
                "changed": False,
                "failed": True,
                "msg": f"{host}: the figures above are not kept: {error}",
            }
        directory = Path(files["result"]).parent
        if plotted:
            files |= plot(host, directory, found)
        files |= page(host, directory, found)
        show([f"{name}: {path}" for name, path in files.items()])
        return {
            "changed": False,
            "failed": not found.ok,
            "msg": text.summary(found) if found.ok else " ".join(found.problems),
            "files": files,
            "stats": stats(found, files),
        }


def unusable(args: Mapping[str, Any]) -> str:
    """Why nothing is measured with these options; "" when something is."""
    if not args["lab"]:
        return ELSEWHERE
    for name, least in (("rounds", 0), ("seconds", 1)):
        if args[name] < least:
            return f"{name} is {args[name]}: it must be {least} or more"
    if not args["families"]:
        return "families is empty: name ipv4, ipv6 or both"
    return unwritable(Path(args["directory"] or rundir.RUNS).expanduser().absolute())


def unwritable(parent: Path) -> str:
    """Why no directory can be made below this one; better before minutes of measuring than after."""
    nearest = next(each for each in (parent, *parent.parents) if each.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return ""
    return f"directory is {parent}, and nothing can be written there ({nearest}): name another one"


def options(args: Mapping[str, Any]) -> list[str]:
    """The options of the lab's program."""
    families = [word for family in args["families"] for word in ("--family", family)]
    return ["--rounds", str(args["rounds"]), "--seconds", str(args["seconds"]), *families]


def intention(args: Mapping[str, Any]) -> str:
    """What check mode says."""
    families = " and ".join(args["families"])
    if not args["rounds"]:
        return (
            f"would measure bytes and MTU alone, for {families}, and write them into a directory of their own"
        )
    return (
        f"would measure {families} in {args['rounds']} rounds, {args['seconds']} s for each measurement, and"
        " write figures, plot, page and captured packets into a directory of their own"
    )


def leave(
    parent: str, host: str, measurement: records.Measurement, found: result.Evaluation
) -> dict[str, str]:
    """Write everything into a new directory, once all was measured; kind of file to path."""
    directory = rundir.create(parent, host)
    captures = directory / "captures"
    for capture in measurement.captures:
        rundir.write_bytes(captures / f"{capture.path}.pcap", capture.pcap)
    written = rundir.write(directory / "evaluation.json", result.to_data(found))
    return {"result": written, "captures": str(captures)}


def show(lines: Sequence[str]) -> None:
    """Print them apart from the rest."""
    for line in ["", *lines]:
        display.display(line)


def can_plot(host: str) -> bool:
    """Whether there will be a plot; said before minutes of measuring, not after."""
    try:
        evaluate_plot.check()
    except evaluate_plot.NoPlotError as error:
        display.warning(f"{host}: {error}")
        return False
    return True


def plot(host: str, directory: Path, found: result.Evaluation) -> dict[str, str]:
    """Draw the picture as SVG and as PNG; path of the latter, nothing where it does not come about."""
    try:
        for suffix in (".svg", ".png"):
            file = directory / f"evaluation{suffix}"
            evaluate_plot.draw(found, file)
            file.chmod(0o600)
    # What a foreign library may raise is not known, and the figures are worth as much without a picture.
    except Exception as error:
        display.warning(f"{host}: there is no plot: {error}")
        return {}
    return {"plot": str(file)}


def page(host: str, directory: Path, found: result.Evaluation) -> dict[str, str]:
    """Write the page; its path, nothing where it does not come about: the figures are kept without it."""
    try:
        return {"page": evaluation_page.write(directory, found)}
    # As with the plot: whatever goes wrong with a page is no matter of the figures.
    except Exception as error:
        display.warning(printable(f"{host}: there is no page: {error}"))
        return {}


def stats(found: result.Evaluation, files: Mapping[str, str]) -> dict[str, Any]:
    """What travels further: small, and always of the same shape."""
    return {
        "ok": found.ok,
        "bytes": {
            path.name: path.wire.measured[0].bytes if path.wire and len(path.wire.measured) == 1 else None
            for path in found.paths
        },
        "refused": [path.name for path in found.paths if path.refused is not None],
        "result": files["result"],
    }
