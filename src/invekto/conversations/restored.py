"""What messages need in a database that was put back to an earlier moment. Who runs it: see entry/restore.

What waited to go out then may have gone out since, and nobody here knows: it becomes `unknown`, which a provider's report or a
person settles. It is never sent again by itself. Holds for the schema of every version since the first.
"""

from __future__ import annotations

from typing import Final

RESTORED: Final = """
update attempt set finished_at = now(), outcome = 'unknown' where finished_at is null;
update message set status = 'unknown', error_code = 'outcome_unknown', version = version + 1
 where status in ('queued', 'sending');
update conversation set preview_status = 'unknown', version = version + 1 where preview_status in ('queued', 'sending');
delete from outbox;
delete from lane;
"""
