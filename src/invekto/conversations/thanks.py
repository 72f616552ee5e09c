"""Knows a lone thank-you: it reopens a conversation marked as such, and nobody waits for an answer to it."""

from __future__ import annotations

import re
from typing import Final

from invekto.channels.adapter import InboundMessage
from invekto.kernel.text import search_key

_WORDS: Final = re.compile(r"[\w']+")
_LONGEST: Final = 60
_THANKS: Final = frozenset(
    search_key(phrase)
    for phrase in (
        *(
            "teşekkürler",
            "teşekkür ederim",
            "teşekkür ederiz",
            "çok teşekkürler",
            "çok teşekkür ederim",
            "tşk",
            "tşkler",
        ),
        *("sağ olun", "sağolun", "çok sağ olun", "eyvallah", "tamam teşekkürler", "tamamdır teşekkürler"),
        *("tamam teşekkür ederim", "peki teşekkürler", "elinize sağlık"),
        *(
            "thanks",
            "thank you",
            "thank you very much",
            "many thanks",
            "thx",
            "ok thanks",
            "ok thank you",
            "okay thanks",
        ),
        *("شكرا", "شكرا لك", "شكرا جزيلا", "شكرًا"),
    )
)
_THANKING_EMOJI: Final = frozenset("🙏👍❤🌸😊🌹💐🤗☺")


def is_lone_thanks(message: InboundMessage) -> bool:
    """Whether the message says thank you and nothing else, in Turkish, English or Arabic, or by an emoji alone."""
    text = (message.text or "").strip()
    if message.type != "text" or not text or len(text) > _LONGEST:
        return False
    words = " ".join(_WORDS.findall(search_key(text)))
    if words:
        return words in _THANKS
    return any(char in _THANKING_EMOJI for char in text)
