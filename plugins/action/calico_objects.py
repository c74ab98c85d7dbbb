# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the plan's objects into the cluster, one after the other, none after one that failed."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.plugins.action import ActionBase

from ..module_utils import rundir
from ..module_utils.calico import objects, writing
from ..module_utils.calico.writing import Refusal, Written
from ..module_utils.model.data import to_data
from ..module_utils.model.finding import FAIL, PASS
from ..module_utils.model.journal import WRITTEN
from ..modules import calico_objects as documented
from ..plugin_utils.arguments import arguments

ARGUMENTS = arguments(documented.DOCUMENTATION)
#: What every write changes, and nobody asked for.
NOISE = ("generation", "resourceVersion")


class ActionModule(ActionBase):
    """Asks kubernetes.core.k8s to write each object; stops at the first that fails, and takes back."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        _result, args = self.validate_argument_spec(ARGUMENTS)
        run, began = rundir.of_plan(args["plan"]), time.time()
        access = {name: args[name] for name in ("kubeconfig", "context") if args[name]}
        manifests = to_data(rundir.read_plan(args["plan"]))["objects"]
        written: list[Written] = []
        told: list[dict[str, Any]] = []
        diffs: list[dict[str, Any]] = []
        for manifest in manifests:
            answer = self._k8s({**access, "definition": manifest, "merge_type": "merge"}, task_vars)
            refused = self._refused(answer)
            if refused and self._task.check_mode and writing.for_want_of_a_filter(written, manifest, refused):
                answer, refused = writing.supposed(manifest), None
            if refused:
                rundir.note(run, WRITTEN, text=refused.why, began=began, verdict=FAIL)
                return self._failed(manifests, written, refused, access, task_vars)
            written.append(_written(manifest, answer))
            told.append(writing.told(manifest, written[-1], objects.REASONS[manifest["kind"]]))
            diffs += _diff(manifest, answer)
        changed = sum(w.changed for w in written)
        if not self._task.check_mode:
            done = f"{changed} of {len(written)} objects changed"
            rundir.note(run, WRITTEN, text=done, began=began, verdict=PASS)
        return {
            "changed": bool(changed),
            "objects": told,
            **({"diff": diffs} if self._task.diff else {}),
        }

    def _k8s(self, arguments: Mapping[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        found: dict[str, Any] = self._execute_module(
            module_name="kubernetes.core.k8s",
            module_args={"hidden_fields": ["metadata.managedFields"], **arguments},
            task_vars=task_vars,
        )
        return found

    def _refused(self, answer: Mapping[str, Any]) -> Refusal | None:
        """Why an object was not written; None where it was."""
        if answer.get("failed"):
            return writing.refusal(str(answer.get("msg", "no reason given")))
        made = answer.get("method") == "create" and not self._task.check_mode
        if made and "uid" not in (answer.get("result") or {}).get("metadata", {}):
            # The module takes a conflict for a success.
            return Refusal("409 somebody else made one of that name just now; run again", 409)
        return None

    def _failed(
        self,
        manifests: Sequence[Mapping[str, Any]],
        written: Sequence[Written],
        refused: Refusal,
        access: Mapping[str, Any],
        task_vars: dict[str, Any] | None,
    ) -> dict[str, Any]:
        gone: list[Written] = []
        kind = str(manifests[len(written)]["kind"])
        for each in writing.to_take_back(written, kind, refused.answered):
            if self._k8s({**access, **_absence(each)}, task_vars).get("failed"):
                break  # The BGPFilter stays as long as a BGPPeer does.
            gone.append(each)
        left = [w.title for w in written if w.changed and w not in gone]
        return {
            "failed": True,
            "changed": bool(left),
            "msg": writing.failure(manifests, written, gone, refused),
            "written": left,
            "taken_back": [w.title for w in gone],
            "not_written": [writing.title(manifest) for manifest in manifests[len(written) :]],
        }


def _absence(written: Written) -> dict[str, Any]:
    """The arguments that take away this very object, unless somebody changed it since."""
    conditions = {"uid": written.uid, "resourceVersion": written.resource_version}
    return {
        "api_version": objects.API_VERSION,
        "kind": written.kind,
        "name": written.name,
        "state": "absent",
        "delete_options": {"preconditions": conditions},
    }


def _written(manifest: Mapping[str, Any], answer: Mapping[str, Any]) -> Written:
    metadata = (answer.get("result") or {}).get("metadata", {})
    return Written(
        str(manifest["kind"]),
        str(manifest["metadata"]["name"]),
        answer.get("method") == "create",
        bool(answer.get("changed")),
        str(metadata.get("uid", "")),
        str(metadata.get("resourceVersion", "")),
    )


def _diff(manifest: Mapping[str, Any], answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What changed of an object that was there, under its name."""
    found = answer.get("diff")
    if not answer.get("changed") or not found:
        return []
    name = writing.title(manifest)
    shown = {side: _plain(found[side]) for side in ("before", "after")}
    return [{**shown, "before_header": name, "after_header": name}]


def _plain(side: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in side.get("metadata", {}).items() if key not in NOISE}
    rest = {key: value for key, value in side.items() if key != "metadata"}
    return {**rest, **({"metadata": metadata} if metadata else {})}
