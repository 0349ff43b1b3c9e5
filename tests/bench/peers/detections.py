"""Things found per second: analyze beside detect.py, on one clip with one model, one library of ONNX
Runtime and as many threads. usage: detections.py ROUNDS CLIP"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import onnxruntime

from functions import ROOT, Around, Function, payloads, verdict

GOAL, RATE = 1.3, 2
# A box whose score is so near the least one may be found by one side alone: the pictures are not the same bit by bit.
EDGE = 0.01
MODEL = "yolox_nano.onnx"


def registered():
    """Labels, least score and most overlap of the model, as the registry has them."""
    entry = (ROOT / "common/models/models.yaml").read_text().split("name: yolox-nano")[1]
    labels = re.search(r"labels: &coco\s*\[(.*?)\]", entry, re.S)[1]
    number = lambda name: re.search(rf"{name}: ([\d.]+)", entry)[1]
    return [" ".join(label.split()) for label in labels.split(",")], number("score"), number("overlap")


class Ours:
    """analyze, with the parts of the clip as probe and it plan them."""

    def __init__(self, clip, threads, library):
        self.models = tempfile.TemporaryDirectory()
        # Of the installed models this one alone: the script knows no faces.
        model = pathlib.Path(os.environ["REELDROP_MODELS"]).resolve() / MODEL
        (pathlib.Path(self.models.name) / MODEL).symlink_to(model)
        self.around = Around()
        settings = {"REELDROP_MODELS": self.models.name, "REELDROP_ONNXRUNTIME": str(library)}
        settings |= {"REELDROP_ANALYSIS_THREADS": str(threads), "REELDROP_ANALYSIS_RATE": str(RATE)}
        settings |= {"REELDROP_OBJECTS_MODEL": "", "REELDROP_EXECUTION": "cpu"}
        self.function = Function("analyze", self.around, **settings)
        probe = Function("probe", self.around)
        source = self.around.upload(clip)
        probed = payloads(probe.send("io.reeldrop.upload.finalized.v1", {"source": source}), "media.probed")
        probe.stop()
        if not probed:
            raise SystemExit(f"{clip}: probe plans nothing")
        events = self.function.send("io.reeldrop.media.probed.v1", probed[0])
        self.parts = payloads(events, "analysis.planned")
        video = probed[0]["media"]["video"]
        self.size = video["display_width"], video["display_height"]

    def look(self):
        """Seconds for all parts, one after the other, and what is on each picture by its time."""
        self.around.forget()
        begun = time.perf_counter()
        for part in self.parts:
            self.function.send("io.reeldrop.analysis.planned.v1", part)
        seconds = time.perf_counter() - begun
        pictures = [picture for note in self.around.notes() for picture in note["pictures"]]
        return seconds, {picture["time_ms"]: picture["seen"] for picture in pictures}


def edges(area, size):
    (width, height), (x, y) = size, (area["x"], area["y"])
    return [x * width, y * height, (x + area["width"]) * width, (y + area["height"]) * height]


def compare(ours, theirs, labels, size):
    """Pairs of boxes with the largest distance of their edges in pixels; the scores of those without a pair."""
    distances, alone = [], []
    for time_ms, seen in ours.items():
        peer = theirs.get(time_ms)
        if peer is None:
            continue
        width, height = size
        left = [(labels[kind], [box[0] * width, box[1] * height, box[2] * width, box[3] * height], score)
                for kind, score, box in peer]
        for box in seen:
            mine = edges(box["area"], size)
            away = [(max(abs(a - b) for a, b in zip(mine, other)), at)
                    for at, (label, other, _) in enumerate(left) if label == box["label"]]
            nearest = min(away, default=None)
            # Further away than this it is another thing.
            if nearest is None or nearest[0] > width / 10:
                alone.append(box["score"])
                continue
            distances.append(nearest[0])
            left.pop(nearest[1])
        alone += [score for _, _, score in left]
    return sorted(distances), alone


def main():
    rounds, clip = int(sys.argv[1]), sys.argv[2]
    cores = len(os.sched_getaffinity(0))
    threads = int(os.environ.get("REELDROP_ANALYSIS_THREADS") or min(max(cores - 1, 1), 8))
    labels, least, most_overlap = registered()
    folder = pathlib.Path(onnxruntime.__file__).parent / "capi"
    library = folder / f"libonnxruntime.so.{onnxruntime.__version__}"
    print(f"\nthings found in {clip}: {MODEL}, ONNX Runtime {onnxruntime.__version__} (one file for both), "
          f"{RATE} pictures a second, {threads} thread(s) infer and one decodes on both sides")
    model = str(pathlib.Path(os.environ["REELDROP_MODELS"]) / MODEL)
    script = [sys.executable, ROOT / "tests/bench/peers/detect.py", model, clip]
    script += [str(RATE), str(threads), least, most_overlap]
    ours = Ours(clip, threads, library)
    ours.look()  # For warm caches, and to read the model.
    ratios = []
    for round in range(rounds):
        peer = json.loads(subprocess.run(script, check=True, stdout=subprocess.PIPE).stdout)
        seconds, pictures = ours.look()
        rates = len(pictures) / seconds, len(peer["pictures"]) / peer["seconds"]
        ratios.append(rates[0] / rates[1])
        print(f"  round {round + 1}: analyze {rates[0]:6.1f} pictures a second "
              f"({len(pictures)} in {seconds:.2f} s, {len(ours.parts)} parts), "
              f"script {rates[1]:6.1f} ({len(peer['pictures'])} in {peer['seconds']:.2f} s)")
    ratio = statistics.median(ratios)
    print(f"  pictures a second               {ratio:5.2f} of the script's "
          f"(goal {GOAL:.2f} or more: {verdict(ratio >= GOAL)})")
    theirs = {picture["time_ms"]: picture["seen"] for picture in peer["pictures"]}
    distances, alone = compare(pictures, theirs, labels, ours.size)
    beside = len(set(pictures) ^ set(theirs))
    unsure = sum(score < float(least) + EDGE for score in alone)
    if distances:
        near = sum(distance <= 1 for distance in distances)
        print(f"  boxes: {near} of {len(distances)} pairs within 1 pixel of the clip's, the furthest "
              f"{distances[-1]:.2f}, the median {statistics.median(distances):.2f}; {len(alone) - unsure} without "
              f"a pair, {unsure} more where one side is just not sure enough (goal: all within 1: "
              f"{verdict(distances[-1] <= 1 and len(alone) == unsure)})")
    print(f"  pictures that only one side looks at: {beside}")
    print(f"  peak memory: analyze {ours.function.peak_mb():.0f} MB, script {peer['peak_mb']:.0f} MB")
    print("  analyze measures light, colour and sharpness and cuts out stills as well, which the script does not")
    ours.function.stop()


if __name__ == "__main__":
    main()
