"""Time to write down what is said: transcribe beside whisper.cpp's own command line, on one sound with one
model and as many threads. usage: speech.py ROUNDS WHISPER_CLI VERSIONS [CLIP]"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
import wave

from functions import ROOT, Around, Function, verdict

GOAL = 1.05
MODEL = "reeldrop-espeak-tiny.en.bin"
VOICE = "silero_vad_v6.2.0_ggml.bin"
FFMPEG = ROOT / "target/bench/ffmpeg"

# The small model knows these words as espeak-ng speaks them.
SENTENCES = [
    "Welcome to the reel drop demo.",
    "The clip is ready on Monday night.",
    "Turn left at this black street.",
    "Go through your big tree.",
]
SECONDS = 180


def spoken(folder):
    """Three minutes of sentences, half a second apart, and two and a half after every fourth."""
    rate, sound = 22_050, b""
    while len(sound) < SECONDS * rate * 2:
        for sentence in SENTENCES:
            said = ["espeak-ng", "-v", "en-us", "-s", "160", "--stdout", sentence]
            sound += subprocess.run(said, check=True, stdout=subprocess.PIPE).stdout[44:]
            sound += bytes(rate)
        sound += bytes(4 * rate)
    path = folder / "said.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(sound)
    return path


def mono(clip, folder):
    """The clip's sound as whisper.cpp wants it: 16 kHz, one channel."""
    path = folder / "sound.wav"
    made = ["-v", "error", "-y", "-i", clip, "-vn", "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le", path]
    if subprocess.run([FFMPEG, *made]).returncode:
        raise SystemExit(f"{clip}: ffmpeg finds no sound in it; name a clip in which somebody speaks")
    return path


def planned(around, sound, model):
    """The event for the whole sound as one part."""
    with wave.open(str(sound)) as file:
        end_ns = file.getnframes() * 1_000_000_000 // file.getframerate()
    whole = {"track": 0, "origin_ns": 0, "duration_ns": end_ns, "start_ns": 0, "end_ns": end_ns}
    parts = {"part_ns": end_ns, "parts": 1, "frame_rate": {"num": 25, "den": 1}}
    speech = {**whole, **parts, "language": "en", "translate": False, "model": model.stem}
    return {"asset": str(uuid.uuid4()), "source": around.upload(sound), "speech": speech, "part": 0}


def ours(sound, model, threads):
    """Seconds from the start of the process to its answer, its peak memory, and the words."""
    around = Around()
    event = planned(around, sound, model)
    settings = {"REELDROP_WHISPER_MODEL": str(model), "REELDROP_WHISPER_THREADS": str(threads)}
    begun = time.perf_counter()
    function = Function("transcribe", around, **settings)
    function.send("io.reeldrop.speech.planned.v1", event)
    seconds = time.perf_counter() - begun
    peak_mb = function.peak_mb()
    function.stop()
    words = [word["text"] for note in around.notes() for word in note["heard"]["words"]]
    return seconds, peak_mb, " ".join(words)


def theirs(command, sound, model, threads, folder, voice):
    """The same of whisper.cpp, with the parameters that transcribe sets."""
    out = folder / "heard"
    parameters = ["-l", "en", "-t", threads, "-bs", 1, "-bo", 1, "-mc", 0, "-tpi", 0.4, "-sns", "-np", "-ojf"]
    parameters += ["--vad", "-vm", voice] if voice else []
    line = [command, "-m", model, "-f", sound, *parameters, "-of", out]
    begun = time.perf_counter()
    child = subprocess.Popen(list(map(str, line)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - begun
    if status:
        raise SystemExit(f"whisper.cpp's command line failed: {' '.join(map(str, line))}")
    heard = json.loads(out.with_suffix(".json").read_text(errors="replace"))
    text = " ".join(part["text"].strip() for part in heard["transcription"])
    return seconds, used.ru_maxrss * 1024 / 1e6, text


def words(text):
    return re.findall(r"[\w']+", text.lower())


def main():
    rounds, command, versions = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    models = pathlib.Path(os.environ["REELDROP_MODELS"]).resolve()
    model = models / (os.environ.get("REELDROP_WHISPER_MODEL") or MODEL)
    cores = len(os.sched_getaffinity(0))
    threads = int(os.environ.get("REELDROP_WHISPER_THREADS") or min(max(cores - 1, 1), 8))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        clip = sys.argv[4] if len(sys.argv) > 4 else spoken(folder)
        sound = mono(clip, folder)
        with wave.open(str(sound)) as file:
            seconds = file.getnframes() / file.getframerate()
        print(f"\nspeech of {pathlib.Path(clip).name} ({seconds:.0f} s): {model.name}, {threads} thread(s), "
              f"greedy; {versions}; whole processes, reading of the models included")
        ours(sound, model, threads)  # For warm caches.
        ratios = []
        for round in range(rounds):
            peer = theirs(command, sound, model, threads, folder, models / VOICE)
            plain = theirs(command, sound, model, threads, folder, None)
            own = ours(sound, model, threads)
            ratios.append((own[0] / peer[0], own[0] / plain[0]))
            print(f"  round {round + 1}: transcribe {own[0]:6.2f} s, whisper.cpp with the same voice detection "
                  f"{peer[0]:6.2f} s, without any {plain[0]:6.2f} s")
    first, second = (statistics.median(each) for each in zip(*ratios))
    print(f"  time                            {first:5.2f} of whisper.cpp's "
          f"(goal {GOAL:.2f}: {verdict(first <= GOAL)}); {second:5.2f} of its without voice detection")
    print(f"  peak memory: transcribe {own[1]:.0f} MB, whisper.cpp {peer[1]:.0f} MB")
    heard, other = words(own[2]), words(peer[2])
    print(f"  words: {len(heard)} and {len(other)}, {'equal' if heard == other else 'not equal'}")
    if heard != other:
        at = next((at for at, pair in enumerate(zip(heard, other)) if pair[0] != pair[1]), 0)
        print(f"    first apart: {' '.join(heard[at:at + 6])!r} and {' '.join(other[at:at + 6])!r}")


if __name__ == "__main__":
    main()
