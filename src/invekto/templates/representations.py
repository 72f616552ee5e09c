"""Rows of templates and canned replies as the wire shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from invekto.kernel.i18n import sentence, sentences
from invekto.templates.lint_texts import Problem
from invekto.templates.queries import Row, json_of
from invekto.templates.schemas import BlockedOut, CannedFileOut, CannedReplyOut, ProblemOut, TemplateOut, VariableOut
from invekto.templates.sendability import hindrance
from invekto.templates.variables import header_format, variables_of


def template_out(row: Row, locale: str) -> TemplateOut:
    components: list[dict[str, Any]] = json_of(row, "components")
    code = hindrance(row["status"], components)
    return TemplateOut(
        id=row["id"],
        channel_id=row["channel_id"],
        account_key=row["account_key"],
        name=row["name"],
        language=row["language"],
        category=row["category"],
        status=row["status"],
        quality=row["quality"],
        rejected_reason=row["rejected_reason"],
        rejected_message=_reason(row["rejected_reason"], locale),
        parameter_format=row["parameter_format"],
        components=components,
        variables=[
            VariableOut(key=one.key, where=one.where, index=one.index, example=one.example)
            for one in variables_of(components)
        ],
        header_format=header_format(components),
        sendable=code is None,
        blocked=None if code is None else _blocked(code, row["status"], locale),
        updated_at=row["changed_at"],
    )


def _blocked(code: str, status: str, locale: str) -> BlockedOut:
    return BlockedOut(
        code=code,
        message=sentence(f"template_blocked_{code}", locale, {"status": status}),
        todo=sentence(f"template_todo_{code}", locale, {}),
    )


def _reason(reason: str | None, locale: str) -> str | None:
    if reason is None:
        return None
    code = f"template_rejected_{reason.lower()}"
    return sentence(code if code in sentences(locale) else "template_rejected_other", locale, {"reason": reason})


def problem_out(one: Problem, locale: str) -> ProblemOut:
    return ProblemOut(
        path=one.path,
        code=one.code,
        params=dict(one.params),
        message=sentence(f"template_problem_{one.code}", locale, one.params),
    )


def canned_out(row: Row, files: Sequence[CannedFileOut]) -> CannedReplyOut:
    return CannedReplyOut(
        id=row["id"],
        shortcut=row["shortcut"],
        title=row["title"],
        folder=row["folder"],
        texts=json_of(row, "texts"),
        attachment_ids=[file.id for file in files],
        attachments=list(files),
        uses=row["uses"],
    )
