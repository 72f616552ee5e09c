"""Meta's statuses become reports about our messages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.channels.webhooks import one_report, status

SENT_AT = datetime(2026, 11, 24, 8, 55, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "ours"),
    [("sent", "sent"), ("delivered", "delivered"), ("read", "read"), ("played", "read"), ("failed", "failed")],
)
def test_a_status_becomes_a_report(given: str, ours: str) -> None:
    found = one_report(status(given, biz_opaque_callback_data="0193-ours"))
    assert (found.provider_id, found.status, found.callback_data) == ("wamid.out", ours, "0193-ours")
    assert found.occurred_at == SENT_AT


@pytest.mark.parametrize(
    ("errors", "ours", "vendor", "detail"),
    [
        (
            [{"code": 131047, "title": "Re-engagement message", "error_data": {"details": "more than 24 hours"}}],
            "window_closed",
            "131047",
            "more than 24 hours",
        ),
        ([{"code": 131026, "title": "Undeliverable"}, {"code": 1}], "recipient_unreachable", "131026", "Undeliverable"),
        ([{"code": 777777, "message": "new"}], "provider_rejected", "777777", "new"),
        ([], "provider_rejected", None, None),
        ({"odd": 1}, "provider_rejected", None, None),
    ],
)
def test_a_failed_status_says_why_in_our_words_and_metas(
    errors: object, ours: str, vendor: str | None, detail: str | None
) -> None:
    found = one_report(status("failed", errors=errors))
    assert (found.error_code, found.error_vendor_code, found.error_detail) == (ours, vendor, detail)
