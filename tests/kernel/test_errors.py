from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from invekto.kernel import errors
from invekto.kernel.errors import Conflict, FieldError, InvektoError, Throttled, error_body, error_headers
from invekto.kernel.i18n import LOCALES, negotiate, sentence, sentences

SOURCE = Path(__file__).parents[2] / "src" / "invekto"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
# What stands after a colon, or alone, is somebody else's sentence or an address.
_OPEN_END = re.compile(r"(^|: )\{\w+\}$")
_REASON_OF = re.compile(r"^(template_blocked|template_todo|quarantine)_")
# Sentences that are found by a code and what it is the code of: a step of a check (and what to do), a problem of a template.
_CODE = re.compile(r"^check\.|^template_problem_|\.do$")
# What a provider said, under our code if we have a sentence for it: that function asks for the sentence first.
_ASKS_FIRST = ("channels/connecting.py",)


class Codes:
    """Every code of an InvektoError in the source: defaults, `super().__init__("code")` and `Conflict("code")`."""

    def __init__(self) -> None:
        self.trees = {path: ast.parse(path.read_text()) for path in SOURCE.rglob("*.py")}
        self.classes = {"InvektoError"}
        known = 0
        while known != len(self.classes):
            known = len(self.classes)
            for node in self._all(ast.ClassDef):
                if any(isinstance(base, ast.Name) and base.id in self.classes for base in node.bases):
                    self.classes.add(node.name)
        self.found: set[str] = set()
        self.unreadable: list[str] = []
        for path, tree in self.trees.items():
            ours = self.classes - self._of_another_kind(tree)
            for found in ast.walk(tree):
                if isinstance(found, ast.ClassDef) and found.name in ours:
                    self._of_class(found)
                elif isinstance(found, ast.Call) and isinstance(found.func, ast.Name) and found.func.id in ours:
                    self._of_call(found, f"{path.relative_to(SOURCE)}:{found.lineno}")

    @staticmethod
    def _of_another_kind(tree: ast.Module) -> set[str]:
        """An adapter's errors carry a detail for the log, no code, and one has the name of ours."""
        made = {node.name for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "ChannelError"}
        taken = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "invekto.channels.adapter"
            for alias in node.names
        }
        return taken | ({"Throttled"} if made else set())

    def _all(self, kind: type[ast.ClassDef]) -> list[ast.ClassDef]:
        return [node for tree in self.trees.values() for node in ast.walk(tree) if isinstance(node, kind)]

    def _of_class(self, node: ast.ClassDef) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
                positional = [*inner.args.args][len(inner.args.args) - len(inner.args.defaults) :]
                for argument, default in zip(positional, inner.args.defaults, strict=True):
                    if argument.arg == "code" and isinstance(default, ast.Constant):
                        self.found.add(str(default.value))
            if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "super().__init__" and inner.args:
                first = inner.args[0]
                if isinstance(first, ast.Constant):
                    self.found.add(str(first.value))

    def _of_call(self, node: ast.Call, place: str) -> None:
        for value in [*node.args[:1], *(word.value for word in node.keywords if word.arg == "code")]:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                self.found.add(value.value)
            elif not isinstance(value, ast.Constant) and not place.startswith(_ASKS_FIRST):
                self.unreadable.append(f"{place} {ast.unparse(value)}")


def test_every_code_in_the_source_has_a_sentence_in_every_language() -> None:
    codes = Codes()
    assert {"not_found", "credentials_invalid", "storage_full", "cursor_invalid"} <= codes.found
    assert codes.unreadable == [], "write the code as a literal: it is a promise to clients"
    for locale in LOCALES:
        assert codes.found - sentences(locale).keys() == set(), locale


def test_every_sentence_belongs_to_a_code_that_somebody_names() -> None:
    """A code may also be named outside an error, as a message's reason; then it stands as a string in the source."""
    named = {
        node.value
        for tree in Codes().trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    ours = {code for code in sentences("tr") if not code.startswith("template_rejected_")}  # the provider's own reasons
    # Reasons that have sentences of their own stand in the source without what they are reasons of.
    bare = {_CODE.sub("", _REASON_OF.sub("", code)) for code in ours}
    assert bare - named == set()


def test_both_languages_say_the_same_with_the_same_params() -> None:
    assert sentences("tr").keys() == sentences("en").keys()
    for code, turkish in sentences("tr").items():
        english = sentences("en")[code]
        assert set(_PLACEHOLDER.findall(turkish)) == set(_PLACEHOLDER.findall(english)), code
        for text in (turkish, english):
            assert text[-1] in ".?!" or _OPEN_END.search(text), code
            assert text[0] in "{“" or text[0].isupper(), code
        assert turkish != english or turkish == "{detail}", code


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "tr"),
        ("", "tr"),
        ("en", "en"),
        ("en-US,en;q=0.9,tr;q=0.8", "en"),
        ("de,tr;q=0.5,en;q=0.4", "tr"),
        ("de, en;q=0.1", "en"),
        ("tr;q=0,en;q=0.5", "en"),
        ("*", "tr"),
        ("EN", "en"),
        ("en;q=junk", "tr"),
        ("en;q=nan,en;q=9", "tr"),
        (",;,;;q=", "tr"),
        ("x" * 100_000, "tr"),
    ],
)
def test_the_language_follows_the_header(header: str | None, locale: str) -> None:
    assert negotiate(header) == locale


def test_a_sentence_is_filled_with_its_params_and_never_fails() -> None:
    assert (
        sentence("conversation_taken", "en", {"name": "{0.__class__}"}) == "{0.__class__} has taken this conversation."
    )
    assert sentence("conversation_taken", "en") == " has taken this conversation."
    assert sentence("no_such_code", "en") == sentence("internal", "en")


def test_an_error_on_the_wire_has_exactly_the_documented_keys() -> None:
    error = errors.Invalid(fields=[FieldError("tag_ids.3", "wrong_format")])
    assert error_body(error, "r", "en") == {
        "error": {
            "code": "invalid",
            "message": "Something sent is missing or wrong. Correct the marked fields.",
            "params": {},
            "fields": [{"path": "tag_ids.3", "code": "wrong_format"}],
            "request_id": "r",
        }
    }


@pytest.mark.parametrize(("seconds", "said"), [(0, 1), (0.2, 1), (1, 1), (1.01, 2), (900, 900)])
def test_retry_after_is_whole_seconds_and_never_too_early(seconds: float, said: int) -> None:
    error = Throttled("sign_in_throttled", retry_after_s=seconds)
    assert error_headers(error) == {"retry-after": str(said)}
    assert error.params == {"retry_after_s": said}


def test_each_class_decides_its_status() -> None:
    decided = {
        kind.__name__: kind.http_status
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, InvektoError) and not kind.__name__.startswith("_")
    }
    assert decided == {
        "InvektoError": 500, "NotFound": 404, "Unauthenticated": 401, "Forbidden": 403, "Conflict": 409, "Invalid": 422,
        "TooLarge": 413, "MethodNotAllowed": 405, "Throttled": 429, "Unavailable": 503, "Internal": 500,
    }  # fmt: skip
    assert error_headers(Conflict("firm_taken")) == {}
