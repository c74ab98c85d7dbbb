/*
 * Copyright: (c) 2026, telco.calico_bgp contributors
 * GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 */
"use strict";
for (const box of document.querySelectorAll("[data-filter]")) {
  const field = box.querySelector("input"), said = box.querySelector("output");
  const rows = [...document.querySelectorAll(box.dataset.filter)];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  box.hidden = false;
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, i) => {
      row.hidden = !words.every((word) => texts[i].includes(word));
      count += row.hidden ? 0 : 1;
      if (words.length && !row.hidden) for (let up = row.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
    });
    said.textContent = words.length ? `${count} of ${rows.length} lines` : "";
  });
}
const target = () => {
  const found = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  for (let up = found && found.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
  if (found) found.scrollIntoView();
};
addEventListener("hashchange", target);
target();
const closed = [];
addEventListener("beforeprint", () => { for (const each of document.querySelectorAll("details[data-print]:not([open])")) { closed.push(each); each.open = true; } });
addEventListener("afterprint", () => { for (const each of closed.splice(0)) each.open = false; });
