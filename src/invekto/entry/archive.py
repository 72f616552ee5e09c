"""The file that a backup is: an ordinary tar, so that `tar` and `sha256sum -c SHA256SUMS` can read it without us.

In this order: what it is (`invekto-backup.json`), the secret key if it was asked for, the database's dump in pieces, the
media, and last the sums of all of it. Knows neither PostgreSQL nor settings: see backup and restore.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from invekto.entry.refusal import StartRefused

FORMAT: Final = 1
HEAD: Final = "invekto-backup.json"
KEY: Final = "secret.key"
SUMS: Final = "SHA256SUMS"
DATABASE: Final = "database/"
MEDIA: Final = "media/"
PIECE_BYTES: Final = 16 << 20
_BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup is of. `schema` is the revision of the database, `key_id` names the key that sealed its secrets."""

    format: int
    product: str
    schema: str
    made_at: str
    key_id: str
    has_key: bool
    has_media: bool
    server: int


@dataclass(frozen=True, slots=True)
class Contents:
    """A whole and unchanged archive, as `verify` has read it."""

    head: Head
    database_bytes: int
    media_files: int
    media_bytes: int


class Writer:
    """Writes one archive to a stream, in the order in which it is called. `finish` makes it whole."""

    def __init__(self, stream: IO[bytes], head: Head) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115  # closed by `finish`
        self._sums: list[str] = []
        self._pieces = 0
        self.written = 0
        self.add(HEAD, json.dumps(asdict(head), indent=1).encode() + b"\n")

    def add(self, name: str, content: bytes) -> None:
        self._add(name, io.BytesIO(content), len(content))

    def add_piece(self, content: bytes) -> None:
        """The next piece of the database's dump."""
        self.add(f"{DATABASE}{self._pieces:06d}", content)
        self._pieces += 1

    def add_file(self, name: str, path: Path) -> bool:
        """False when the file has gone. OSError when it is shorter than it was."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return False
        with file:
            self._add(name, file, file.seek(0, io.SEEK_END))
        return True

    def finish(self) -> None:
        self._add(SUMS, io.BytesIO("".join(self._sums).encode()), sum(map(len, self._sums)))
        self._tar.close()

    def _add(self, name: str, content: IO[bytes], size: int) -> None:
        content.seek(0)
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        summed = _Summed(content)
        self._tar.addfile(member, summed)
        self._sums.append(f"{summed.sha256.hexdigest()}  {name}\n")
        self.written += size


class _Summed(io.RawIOBase):
    """Reads from another file and sums what passes."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self.sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._content.read(size)
        self.sha256.update(block)
        return block


def head_of(path: Path) -> Head:
    """What an archive says it is; nothing else of it has been looked at.

    Raises:
        StartRefused: no archive of ours, or one of a format that this version does not know.
    """
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
            first = tar.next()
            content = tar.extractfile(first) if first is not None and first.name == HEAD else None
            if content is None:
                raise StartRefused(f"{path} is not a backup of Invekto.")
            told = json.loads(content.read(_BLOCK))
            if told.get("format") != FORMAT:
                raise StartRefused(
                    f"{path} has the format {told.get('format')}, which this version does not know: install the newer one."
                )
            return Head(**told)
    except FileNotFoundError:
        raise StartRefused(f"There is no file {path}.") from None
    except (tarfile.TarError, ValueError, TypeError, EOFError):
        raise StartRefused(f"{path} is not a backup of Invekto, or its beginning is damaged.") from None


def verify(path: Path, progress: Callable[[int], None] = lambda _read: None) -> Contents:
    """Reads the whole archive and compares every sum.

    Raises:
        StartRefused: cut, changed, or no archive of ours; with the first thing that is wrong.
    """
    head = head_of(path)
    found: dict[str, str] = {}
    told: dict[str, str] | None = None
    database = files = media = read = 0
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
            for member in tar:
                if not member.isreg() or told is not None:
                    raise StartRefused(f"{path} is damaged: {member.name} does not belong there.")
                content = tar.extractfile(member)
                assert content is not None, "a regular file has content"
                if member.name == SUMS:
                    told = _sums(content.read().decode())
                    continue
                sha256 = hashlib.sha256()
                while block := content.read(_BLOCK):
                    sha256.update(block)
                    read += len(block)
                    progress(read)
                found[member.name] = sha256.hexdigest()
                if member.name.startswith(DATABASE):
                    database += member.size
                elif member.name.startswith(MEDIA):
                    files, media = files + 1, media + member.size
    except (tarfile.TarError, EOFError, UnicodeDecodeError, ValueError) as error:
        raise StartRefused(f"{path} is damaged ({error}): use another backup.") from None
    if told is None:
        raise StartRefused(f"{path} ends too early: it was cut, or the backup did not finish. Use another one.")
    wrong = sorted(name for name in {*found, *told} if found.get(name) != told.get(name))
    if wrong:
        raise StartRefused(f"{path} is damaged: {wrong[0]} is not what was saved. Use another backup.")
    return Contents(head, database, files, media)


def _sums(text: str) -> dict[str, str]:
    pairs = (line.split("  ", 1) for line in text.splitlines())
    return {name: sha256 for sha256, name in pairs}


def pieces(path: Path) -> Iterator[bytes]:
    """The database's dump of a verified archive, in order."""
    with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
        for member in tar:
            if member.name.startswith(MEDIA):
                return
            if member.name.startswith(DATABASE):
                content = tar.extractfile(member)
                assert content is not None, "a piece is a regular file"
                yield content.read()


def key_in(path: Path) -> bytes:
    """The text of the secret key in a verified archive that has one."""
    with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
        for member in tar:
            if member.name == KEY:
                content = tar.extractfile(member)
                assert content is not None, "the key is a regular file"
                return content.read()
    raise StartRefused(f"{path} holds no secret key.")


def unpack_media(path: Path, folder: Path, progress: Callable[[int], None] = lambda _count: None) -> int:
    """Puts the media of a verified archive below `folder`; what is there already has the same content and stays.

    Names are made by the store from ids and sums; anything else is refused.
    """
    count = 0
    with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
        for member in tar:
            if not member.name.startswith(MEDIA):
                continue
            inner = PurePosixPath(member.name[len(MEDIA) :])
            if inner.is_absolute() or ".." in inner.parts or len(inner.parts) != 3:
                raise StartRefused(f"{path} holds a file named {member.name!r}, which is none of ours.")
            target = folder.joinpath(*inner.parts)
            if target.exists():
                continue
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished = target.with_name(f".{target.name}.unfinished")
            content = tar.extractfile(member)
            assert content is not None, "media are regular files"
            with unfinished.open("wb") as out:
                while block := content.read(_BLOCK):
                    out.write(block)
            unfinished.chmod(0o600)
            unfinished.replace(target)
            count += 1
            progress(count)
    return count


class Progress:
    """Says how far something is, at most every two seconds."""

    def __init__(self, say: Callable[[str], None], sentence: str) -> None:
        self._say = say
        self._sentence = sentence
        self._said_at = time.monotonic()

    def __call__(self, so_far: int) -> None:
        if time.monotonic() - self._said_at >= 2:
            self._said_at = time.monotonic()
            self._say(self._sentence.format(so_far=so_far, mb=so_far >> 20))
