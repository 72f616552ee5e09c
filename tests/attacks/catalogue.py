"""The attacks that this product is tried with, by the numbers that tests, documents and reviews use for them.

A test says which it carries out by `@pytest.mark.attack("A9")`; what cannot be tried yet stands in `not_yet` with its
reason. `python -m tests.attacks.catalogue` writes the table of docs/security.md.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.attacks.not_yet import NOT_YET

ROOT = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "security.md"
BEGIN: Final = "<!-- attacks: written by `python -m tests.attacks.catalogue` -->\n"
END: Final = "<!-- end of attacks -->\n"

ATTACKS: Final[dict[str, tuple[str, str]]] = {
    "A1": ("Another firm's id in a path, every route and method", "404, the same as for an id that never was"),
    "A2": ("Another firm's id beside or inside our own: paths of two ids, fields of bodies", "404 or 422, nothing changes"),
    "A3": ("Lists, filters, cursors, counts, search and documents with another firm's ids", "our own rows only"),
    "A4": ("The stream: another firm's rows, cursors, rooms", "nothing of theirs; a screen that speaks is closed"),
    "A5": ("Another firm's file: its id, parts, copies; a user who lost the conversation", "404"),
    "A6": ("A statement without a firm, a setting that outlives its transaction", "no row"),
    "A7": ("A webhook or job that names a firm", "the firm of the channel's row"),
    "A8": ("One key in two firms: sends, sessions, throttle; copies in a shared cache", "apart; `no-store, private`"),
    "A9": ("A thousand passwords: one account, one address, spread", "429; same words for whom there is not; nobody is locked out"),
    "A10": ("Reset and invitation tokens: again, late, of another firm, a forged Host", "refused"),
    "A11": ("A fixed session; sign-out, changed role, disabled user", "never taken over; everywhere within 5 s, sockets too"),
    "A12": ("A page of another site: routes that change something, the socket", "403"),
    "A13": ("TOTP: again, guessed, skipped", "refused"),
    "A14": ("Forged X-Forwarded-For, Remote-User and the like", "ignored but from a proxy of ours"),
    "A15": ("OAuth: state, redirect, code again; a number of another firm", "refused, the attempt is kept"),
    "A16": ("Fields nobody may set: role, tenant_id, is_admin, created_at", "422"),
    "A17": ("An answer that says too much: secrets, hashes, what is a colleague's own", "only what its schema names"),
    "A18": ("A role that lacks the permission, every route", "403, nothing changes"),
    "A19": ("Our own calls to private addresses, in every spelling", "refused on the resolved address"),
    "A20": ("A name that resolves otherwise the second time", "what was checked is what is called"),
    "A21": ("A redirect to a private address or another scheme", "each hop is checked, three at most"),
    "A22": ("An answer without end, slow, or packed to burst", "cut at cap and deadline"),
    "A23": ("A webhook unsigned, signed by somebody else, re-encoded, by SHA-1, with an empty secret", "403, counted, stored nowhere"),
    "A24": ("A genuine webhook about another firm's number", "the channel's firm, or parked"),
    "A25": ("A provider that answers HTML, megabytes, other types", "failed or unknown, no defect"),
    "A26": ("Script in texts, names, file names, templates, tags, links", "inert on the screen"),
    "A27": ("SVG, HTML, XML and PDF as files", "a download, nosniff, sandboxed"),
    "A28": ("A declared type that the bytes deny; two types at once", "the bytes win"),
    "A29": ("Paths, NUL, direction marks and reserved names in file names", "never a path; shown without them"),
    "A30": ("SQL and wildcards in every text that is searched, filtered or kept", "a text like any other"),
    "A31": ("Formulas in exports", "quoted"),
    "A32": ("Line ends in mail, SIP and webhook headers", "refused"),
    "A33": ("Template languages in macros and broadcasts", "inert"),
    "A34": ("Texts that make a regular expression slow", "every expression of ours within 50 ms"),
    "A35": ("Unsafe YAML, pickle, XML entities", "absent: rules of `make check`"),
    "A36": ("Headers that protect browsers, on every answer", "present"),
    "A37": ("CORS: reflected, null and foreign origins", "no origin is allowed"),
    "A38": ("Error pages, stack traces, documentation", "none; OpenAPI for signed-in users"),
    "A39": ("Secrets in logs, addresses, the database, the browser", "none; sealed values only"),
    "A40": ("100 MB of JSON, a million fields, deep nesting", "413 or 422, cheaply"),
    "A41": ("Pages without end, a storm of questions", "422; at most 100 rows"),
    "A42": ("Ten thousand sockets, a flood of frames", "a bound per user and process; closed"),
    "A43": ("Files that unpack to gigabytes", "measured, not unpacked; a process of its own"),
    "A44": ("One firm's flood", "others are served in turn"),
    "A45": ("Ways around an opt-out", "still blocked"),
    "A46": ("Broadcasts to stolen lists, template spam, toll fraud", "caps and a stop"),
    "A47": ("Forgotten and internal routes", "the routes are those of the document and the list"),
    "A48": ("Instructions to the assistant inside texts and files", "no right beyond the conversation's"),
    "A49": ("An erased contact, anywhere", "gone"),
    "A50": ("Changing or deleting audit entries", "impossible"),
    "A51": ("Support staff as somebody else", "reasoned, for a time, visible"),
    "A52": ("A customer's message that claims to be an agent's", "the channel decides the direction"),
    "A53": ("The web widget with a forged identity", "anonymous"),
    "A54": ("One thing twice at the same moment", "one wins"),
}  # fmt: skip
# Of issue 4; the others belong to the issues that bring what is attacked.
WANTED: Final = frozenset(
    f"A{number}" for numbers in (range(1, 13), (14,), range(16, 32), range(34, 45), (47, 54)) for number in numbers
)


@dataclass(frozen=True, slots=True)
class Carried:
    """One test that carries an attack out."""

    number: str
    file: str
    name: str


def carried_out() -> list[Carried]:
    """Every test that is marked with an attack's number, read from the sources: no test has to be collected for it."""
    found: list[Carried] = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text()
        if "mark.attack(" in text:
            file = str(path.relative_to(ROOT))
            found.extend(Carried(number, file, name) for name, number in _marked(ast.parse(text)))
    return found


def table() -> str:
    """The table of docs/security.md."""
    tests: dict[str, list[str]] = {}
    for one in carried_out():
        files = tests.setdefault(one.number, [])
        if one.file not in files:
            files.append(one.file)
    lines = ["| | Attack | Answer | Tried by, below `tests` |", "|---|---|---|---|"]
    for number, (what, answer) in ATTACKS.items():
        tried = ", ".join(file.removeprefix("tests/").removesuffix(".py") for file in tests.get(number, ()))
        missing = f"not yet: {NOT_YET[number].reason}" if number in NOT_YET else ""
        lines.append(f"| {number} | {what} | {answer} | {'; '.join(part for part in (tried, missing) if part)} |")
    return "\n".join(lines) + "\n"


def written(page: str) -> str:
    """The page with the table in its place."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, f"{PAGE} has lost the marks around its table of attacks"
    return f"{before}{BEGIN}{table()}{END}{after}"


def _marked(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.attack":
                for argument in decorator.args:
                    yield node.name, ast.literal_eval(argument)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
