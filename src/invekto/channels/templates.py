"""What a channel kind offers whose templates its provider approves: an optional ability, like those at the end of `adapter`."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Protocol, TypeAlias, runtime_checkable

from invekto.channels.adapter import Credentials, Part, Rejected
from invekto.channels.outgoing import OutboundMedia
from invekto.kernel.http import Http

ParameterFormat: TypeAlias = Literal["POSITIONAL", "NAMED"]


class TemplateDraft(Part, frozen=True, kw_only=True):
    """A template as it is submitted. `components` have the provider's shape (docs/api.md, Templates)."""

    name: str
    language: str
    category: str
    parameter_format: ParameterFormat
    components: tuple[dict[str, Any], ...]


class ProviderTemplate(TemplateDraft, frozen=True, kw_only=True):
    """A template as the provider has it. `key` is the provider's id, `rejected_reason` its code or None."""

    key: str
    status: str
    quality: str | None = None
    rejected_reason: str | None = None


class TemplatePage(Part, frozen=True, kw_only=True):
    """One page of a provider's list. `after` leads to the next one; None on the last."""

    items: tuple[ProviderTemplate, ...]
    after: str | None


class SubmittedTemplate(Part, frozen=True, kw_only=True):
    """What the provider made of a draft. The category may be another one than was asked for."""

    key: str
    status: str
    category: str


class TemplateInvalid(Rejected):
    """The provider refuses a draft. `where`: the part it means, as in `components` (`HEADER`, `BODY`, ...) or `name`;
    `problem`: our code of the reason, None for one that we have no word for: then `detail` is the provider's sentence."""

    code: ClassVar[str] = "template_refused"

    def __init__(
        self, detail: str = "", *, vendor_code: str | None = None, where: str | None = None, problem: str | None = None
    ) -> None:
        super().__init__(detail, vendor_code=vendor_code)
        self.where = where
        self.problem = problem


@runtime_checkable
class SyncsTemplates(Protocol):
    """A channel kind whose templates are approved by its provider. Each call asks once and raises ChannelError."""

    async def list_templates(self, http: Http, credentials: Credentials, after: str | None) -> TemplatePage: ...

    async def create_template(
        self, http: Http, credentials: Credentials, draft: TemplateDraft
    ) -> SubmittedTemplate: ...

    async def edit_template(self, http: Http, credentials: Credentials, key: str, draft: TemplateDraft) -> None: ...

    async def delete_template(self, http: Http, credentials: Credentials, name: str, key: str) -> None: ...

    async def upload_sample(self, http: Http, credentials: Credentials, file: OutboundMedia) -> str:
        """Gives a header's file to the provider as an example; the handle that a draft names it by."""
        ...
