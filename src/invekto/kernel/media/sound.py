"""Length, waveform and poster of sound and film, and voice notes as WhatsApp wants them. Runs in the child only.

The container is the one that the first bytes show: left to guess, FFmpeg would follow a playlist to other files and hosts.
"""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from PIL import Image

from invekto.kernel.media.pictures import LONGEST_SIDE, MAX_PIXELS, Unreadable, write_thumbnail

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame

WAVEFORM_PEAKS: Final = 64
_HEARD_AT_HZ: Final = 8_000
_PER_PEAK: Final = 400
_HEARD_FOR_S: Final = 1_800
"""A longer recording has a length and no waveform."""
_POSTER_AT_S: Final = 1.0
_VOICE_HZ: Final = 48_000
_VOICE_BITS: Final = 32_000
_CONTAINERS: Final = {
    "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "mov", "audio/aac": "aac", "audio/amr": "amr",
    "audio/wav": "wav", "audio/webm": "matroska", "audio/flac": "flac", "audio/3gpp": "mov",
    "video/mp4": "mov", "video/3gpp": "mov", "video/quicktime": "mov", "video/webm": "matroska",
}  # fmt: skip


def read_recording(source: Path, mime: str, target: Path) -> dict[str, object]:
    """`duration_s`; of film `width`, `height` as seen and a poster at `target`; of sound alone `waveform` and `silent_film`."""
    with source.open("rb") as file, _opened(file, mime) as container:
        film = _picture_stream(container)
        try:
            if film is not None:
                return _read_film(container, film, target)
            return _read_sound(container)
        except (av.FFmpegError, ValueError, MemoryError) as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error


def write_voice_note(source: Path, mime: str, target: Path) -> None:
    """Ogg with Opus, one channel. What is that already inside another container is moved over as it is."""
    with source.open("rb") as file, _opened(file, mime) as container:
        if not container.streams.audio:
            raise Unreadable("no sound")
        heard = container.streams.audio[0]
        try:
            with av.open(str(target), "w", format="ogg") as out:
                if heard.codec_context.name in ("opus", "libopus") and heard.channels == 1:
                    moved = out.add_stream_from_template(heard)
                    for packet in container.demux(heard):
                        if packet.dts is not None:
                            packet.stream = moved
                            out.mux(packet)
                    return
                spoken = out.add_stream("libopus", rate=_VOICE_HZ, layout="mono")
                assert isinstance(spoken, AudioStream)
                spoken.bit_rate = _VOICE_BITS
                for frame in container.decode(heard):
                    frame.pts = None
                    out.mux(spoken.encode(frame))
                out.mux(spoken.encode(None))
        except (av.FFmpegError, ValueError, MemoryError) as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error


def _opened(file: BinaryIO, mime: str) -> InputContainer:
    try:
        return av.open(file, "r", format=_CONTAINERS[mime], options={"protocol_whitelist": "none"})
    except (av.FFmpegError, ValueError, MemoryError, KeyError) as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _picture_stream(container: InputContainer) -> VideoStream | None:
    """The film, not the cover of a song."""
    return next(
        (one for one in container.streams.video if not one.disposition & av.stream.Disposition.attached_pic), None
    )


# Film -----------------------------------------------------------------------------------------------------------


def _read_film(container: InputContainer, film: VideoStream, target: Path) -> dict[str, object]:
    film.codec_context.thread_count = 1
    width, height = film.codec_context.width, film.codec_context.height
    answer: dict[str, object] = {"family": "video", "duration_s": _length_s(container)}
    if not 0 < width * height <= MAX_PIXELS:
        return answer
    frame = _one_frame(container, film)
    turned = frame is not None and frame.rotation % 180 != 0
    if frame is not None:
        _draw_poster(frame, target)
    return {**answer, "width": height if turned else width, "height": width if turned else height}


def _one_frame(container: InputContainer, film: VideoStream) -> VideoFrame | None:
    """One of the first second: the very first is often black."""
    length_s = _length_s(container) or 0.0
    last: VideoFrame | None = None
    try:
        for frame in container.decode(film):
            last = frame
            if frame.time >= min(_POSTER_AT_S, length_s / 2):
                break
    except av.FFmpegError:
        if last is None:
            raise
    return last


def _draw_poster(frame: VideoFrame, target: Path) -> None:
    scale = min(1.0, LONGEST_SIDE / max(frame.width, frame.height))
    small = frame.reformat(
        width=max(1, round(frame.width * scale)), height=max(1, round(frame.height * scale)), format="rgb24"
    )
    picture: Image.Image = small.to_image()  # type: ignore[no-untyped-call]  # its annotations end at this method
    write_thumbnail(picture.rotate(frame.rotation, expand=True), target)


def _length_s(container: InputContainer) -> float | None:
    return None if not container.duration or container.duration < 0 else container.duration / av.time_base


# Sound ----------------------------------------------------------------------------------------------------------


def _read_sound(container: InputContainer) -> dict[str, object]:
    if not container.streams.audio:
        raise Unreadable("neither sound nor film")
    length_s = _length_s(container)
    if length_s is not None and length_s > _HEARD_FOR_S:
        return {"family": "audio", "duration_s": length_s}
    peaks: list[int] = []
    waiting = array("h")
    heard = 0
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_HEARD_AT_HZ)
    try:
        for frame in container.decode(container.streams.audio[0]):
            for part in resampler.resample(frame):
                heard += part.samples
                waiting.frombytes(bytes(part.planes[0])[: part.samples * 2])
            while len(waiting) >= _PER_PEAK:
                peaks.append(_peak(waiting[:_PER_PEAK]))
                del waiting[:_PER_PEAK]
            if heard > _HEARD_FOR_S * _HEARD_AT_HZ:
                return {"family": "audio", "duration_s": length_s}
    except av.FFmpegError:
        # A recording that was cut off is heard as far as it goes.
        if not heard:
            raise
    if waiting:
        peaks.append(_peak(waiting))
    if not heard:
        raise Unreadable("no sound in it")
    return {"family": "audio", "duration_s": heard / _HEARD_AT_HZ, "waveform": _waveform(peaks)}


def _peak(samples: array[int]) -> int:
    return max(max(samples), -min(samples))


def _waveform(peaks: list[int]) -> list[int]:
    """At most WAVEFORM_PEAKS numbers, 100 the loudest of this recording."""
    loudest = max(peaks) or 1
    count = min(WAVEFORM_PEAKS, len(peaks))
    return [
        round(100 * max(peaks[len(peaks) * place // count : len(peaks) * (place + 1) // count]) / loudest)
        for place in range(count)
    ]
