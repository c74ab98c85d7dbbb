# Copyright: (c) 2026, telco.calico_bgp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put each sort of message before every line of recorded configurations, and read them.

    python -m tests.bench.torn_transcripts

Every reading is the undisturbed one, or says that the text is not whole. Anything else is a line that was
lost in silence.
"""

from __future__ import annotations

import sys

from tests.helpers import torn


def main() -> int:
    """Read them all, and print the figures; 1 where a line was lost in silence."""
    texts = torn.recorded()
    count = torn.Count()
    for text, sort, place in torn.everywhere(texts):
        count.take(text, sort, place)
    places = sum(len(text.lines) + 1 for text in texts)
    print(f"{len(torn.SORTS)} sorts, {len(texts)} configurations, {places} places")
    for what in ("the same", "not whole", "refused", "lost in silence"):
        print(f"  {what:16} {count.readings[what]:8}")
    for where in count.lost[:20]:
        print(where)
    return 1 if count.lost else 0


if __name__ == "__main__":
    sys.exit(main())
