"""What can wait gives way while the hot paths are busy, and never without an end."""

from __future__ import annotations

import asyncio
import time

from invekto.kernel.pressure import Pressure


async def eased(pressure: Pressure, longest_s: float, stop: asyncio.Event | None = None) -> float:
    began = time.monotonic()
    await pressure.ease(longest_s, stop or asyncio.Event())
    return time.monotonic() - began


async def test_without_pressure_nothing_waits() -> None:
    pressure = Pressure()
    pressure.note(busy=False)
    assert await eased(pressure, 5) < 0.05


async def test_it_waits_until_it_is_quiet_again() -> None:
    pressure = Pressure()
    pressure.note(busy=True)
    assert pressure.high
    pressure.note(busy=False)  # one small round among large ones is no pause
    assert 0.2 < await eased(pressure, 5) < 2
    assert not pressure.high


async def test_a_storm_without_an_end_holds_it_up_for_so_long_and_a_stop_for_no_time() -> None:
    pressure, stop = Pressure(), asyncio.Event()

    async def storm() -> None:
        while True:
            pressure.note(busy=True)
            await asyncio.sleep(0.05)

    raging = asyncio.create_task(storm())
    await asyncio.sleep(0)
    assert 0.5 <= await eased(pressure, 0.5) < 2
    stop.set()
    assert await eased(pressure, 5, stop) < 0.3
    raging.cancel()
