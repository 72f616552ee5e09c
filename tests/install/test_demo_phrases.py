"""The sample firms' templates and canned replies: what they say keeps to the rules that the product itself checks."""

from __future__ import annotations

from invekto.channels.templates import TemplateDraft
from invekto.entry.demo.phrases import CANNED, TEMPLATES
from invekto.kernel.text import search_key
from invekto.templates.canned import VARIABLES, fill
from invekto.templates.lint import lint
from invekto.templates.sendability import unfilled


def test_every_sample_template_would_be_taken_by_the_provider() -> None:
    for one in TEMPLATES:
        draft = TemplateDraft(
            name=one["name"],
            language=one["language"],
            category=one["category"],
            parameter_format="POSITIONAL",
            components=tuple(one["components"]),
        )
        assert lint(draft) == [], one["name"]
        assert unfilled(one["components"]) is None
    states = [one.get("status", "APPROVED") for one in TEMPLATES]
    assert (states.count("APPROVED"), states.count("REJECTED"), states.count("PENDING")) == (8, 1, 1)


def test_sample_replies_have_both_languages_and_known_variables_only() -> None:
    everything = dict.fromkeys(VARIABLES, "x")
    for reply in CANNED:
        assert set(reply.texts) == {"tr", "en"}
        assert all(fill(text, everything).missing == [] for text in reply.texts.values())
    assert len({search_key(reply.shortcut) for reply in CANNED}) == len(CANNED) == 12
    assert len({reply.folder for reply in CANNED}) == 2
