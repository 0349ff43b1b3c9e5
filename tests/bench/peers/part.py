"""The longest part of speech with a model of full size, whose weights are random: time and memory of one event.
usage: part.py [SIZE...]"""

import os
import pathlib
import sys
import tempfile

import blank
from functions import verdict
from speech import mono, ours, spoken

STUB = "whisper_stub_tiny_ggml.bin"
# Seconds on 2 cores with the smallest model, and MB with any that is called small.
SECONDS, MB = {"tiny": 120}, 1_000


def main():
    models = pathlib.Path(os.environ["REELDROP_MODELS"]).resolve()
    threads = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        sound = mono(spoken(folder), folder)
        print(f"\na part of three minutes that espeak-ng speaks, {threads} thread(s), models of random weights")
        for size in sys.argv[1:] or ["tiny", "small"]:
            model = folder / f"{size}.bin"
            blank.write(model, size, models / STUB)
            seconds, peak_mb, words = ours(sound, model, threads)
            goal = SECONDS.get(size)
            in_time = f" (goal {goal} s on 2 cores: {verdict(seconds <= goal)})" if goal else ""
            print(f"  {size:<6} {model.stat().st_size / 1e6:4.0f} MB  {seconds:6.1f} s{in_time}, peak {peak_mb:4.0f} MB "
                  f"(goal {MB}: {verdict(peak_mb <= MB)}); {len(words.split())} words invented")
            model.unlink()


if __name__ == "__main__":
    main()
