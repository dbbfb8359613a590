from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from onoma.machine import best_times, cached_measurement, caches, processor, timing
from onoma.machine.processor import Processor


class Clock:
    """A clock that only the works move."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now

    def work(self, seconds: Iterator[float]) -> Callable[[], None]:
        def run() -> None:
            self.now += next(seconds)

        return run


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(timing, "time", clock)
    return clock


def test_the_first_times_do_not_count(clock: Clock) -> None:
    slow_start = chain([0.06, 0.05], repeat(0.001))
    assert best_times({"a": clock.work(slow_start), "b": clock.work(repeat(0.004))}) == pytest.approx(
        {"a": 0.001, "b": 0.004}
    )


def test_the_shortest_time_counts_and_not_what_other_work_lengthens(clock: Clock) -> None:
    disturbed = chain(repeat(0.004, 30), [0.001], repeat(0.009))
    times = best_times({"a": clock.work(disturbed)}, warm_up=0.1)
    assert times == pytest.approx({"a": 0.001})


def test_it_goes_on_while_times_become_shorter(clock: Clock) -> None:
    falling = (0.01 * 0.9**step for step in range(1_000))
    best_times({"a": clock.work(falling)}, warm_up=0.0, at_most=0.05)
    assert 0.05 <= clock.now < 0.06


def test_it_ends_when_they_are_stable(clock: Clock) -> None:
    best_times({"a": clock.work(repeat(0.001))}, warm_up=0.0)
    assert clock.now < 0.05


def measuring(value: float, calls: list[float]) -> Callable[[], dict[str, float]]:
    def measure() -> dict[str, float]:
        calls.append(value)
        return {"speed": value}

    return measure


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("ONOMA_CACHE", str(tmp_path))
    return tmp_path / "machine"


def test_figures_are_measured_once(cache: Path) -> None:
    calls: list[float] = []
    for value in (1.5, 2.5):
        assert cached_measurement("x", measuring(value, calls), facts={"threads": 2}) == {"speed": 1.5}
    assert calls == [1.5]
    assert len(list(cache.iterdir())) == 1


@pytest.mark.parametrize("change", ["facts", "processor", "name"])
def test_figures_of_something_else_are_not_taken(cache: Path, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []
    cached_measurement("x", measuring(1.0, calls), facts={"threads": 2})
    if change == "processor":
        monkeypatch.setattr(timing, "find_processor", lambda: Processor("another", frozenset()))
    name, threads = ("y" if change == "name" else "x"), (1 if change == "facts" else 2)
    assert cached_measurement(name, measuring(2.0, calls), facts={"threads": threads}) == {"speed": 2.0}
    assert cache.is_dir()


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"figures": 3}', b'{"figures": {"speed": "fast"}}', b"\xff"])
def test_a_broken_cache_is_written_again(cache: Path, content: bytes) -> None:
    calls: list[float] = []
    cached_measurement("x", measuring(1.0, calls), facts={})
    (path,) = cache.iterdir()
    path.write_bytes(content)
    for _ in range(2):
        assert cached_measurement("x", measuring(2.0, calls), facts={}) == {"speed": 2.0}
    assert calls == [1.0, 2.0]


def test_a_cache_that_cannot_be_written_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ONOMA_CACHE", str(tmp_path / "file"))
    assert caches.cache_folder("machine").parent == tmp_path / "file"
    assert cached_measurement("x", measuring(1.0, []), facts={}) == {"speed": 1.0}


@pytest.mark.parametrize(
    ("text", "name", "amx"),
    [
        ("processor : 0\nmodel name : A Xeon\nflags : fpu amx_bf16 amx_tile\n\nmodel name : B\n", "A Xeon", True),
        ("model name\t: An EPYC\nflags\t\t: fpu avx512_bf16\n", "An EPYC", False),
        ("processor: 0\nFeatures: fp asimd\n", "", False),
    ],
)
def test_the_processor_is_read_from_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, name: str, amx: bool
) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    monkeypatch.setattr(processor, "_CPUINFO", path)
    found = processor.find_processor.__wrapped__()
    assert found.name.startswith(name)
    assert found.name
    assert found.has_amx == amx


def test_without_a_file_of_the_processor_there_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor, "_CPUINFO", tmp_path / "none")
    found = processor.find_processor.__wrapped__()
    assert found.name
    assert found.flags == frozenset()
