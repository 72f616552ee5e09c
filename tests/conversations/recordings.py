"""Pictures, sound and film made here, honest and hostile."""

from __future__ import annotations

import io
import math
import struct
import zlib
from array import array
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from PIL import Image, TiffImagePlugin


def tone(container: str, codec: str, *, seconds: float = 2.0, layout: str = "mono") -> bytes:
    """Silence for the first half, then a tone."""
    out = io.BytesIO()
    rate = 48_000
    channels = 1 if layout == "mono" else 2
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, AudioStream)
        total = int(rate * seconds)
        for start in range(0, total, 960):
            count = min(960, total - start)
            loud = [0 if start + n < total // 2 else int(20_000 * math.sin((start + n) / 20)) for n in range(count)]
            frame = av.AudioFrame(format="s16", layout=layout, samples=count)
            frame.planes[0].update(_padded(array("h", [value for value in loud for _ in range(channels)]), frame))
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def _padded(samples: array[int], frame: av.AudioFrame) -> bytes:
    return samples.tobytes().ljust(frame.planes[0].buffer_size, b"\0")


def film(*, width: int = 640, height: int = 360, seconds: int = 2) -> bytes:
    """Red, without sound."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=10)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        red = Image.new("RGB", (width, height), "red")
        for _ in range(10 * seconds):
            frame: av.VideoFrame = av.VideoFrame.from_image(red)  # type: ignore[no-untyped-call]  # PyAV annotates it not
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return out.getvalue()


def photo(width: int = 1200, height: int = 800, *, orientation: int = 1, place: bool = False) -> bytes:
    """A JPEG whose left half is blue; with EXIF that says how the camera was held, and where."""
    picture = Image.new("RGB", (width, height), "white")
    picture.paste("blue", (0, 0, width // 2, height))
    exif = Image.Exif()
    exif[0x0112] = orientation
    if place:
        exif[0x010F] = "Camera of Ayse"
        exif.get_ifd(0x8825).update({1: "N", 2: (TiffImagePlugin.IFDRational(41),) * 3})
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def png_bomb(side: int = 30_000) -> bytes:
    """Some hundred kilobytes that become side * side pixels."""
    row = bytes(1 + side // 8)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)),
            (b"IDAT", body),
            (b"IEND", b""),
        )
    )
