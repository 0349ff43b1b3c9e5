"""What a person would script to find things in a clip: PyAV decodes, numpy letterboxes, ONNX Runtime
infers, numpy decodes YOLOX' boxes. usage: detect.py MODEL CLIP RATE THREADS SCORE OVERLAP
Prints one line of JSON: seconds from opening the clip to the last box, pictures, boxes, memory."""

import json
import resource
import sys
import time

import av
import numpy as np
import onnxruntime
from av.video.reformatter import Interpolation

SIDE = 416
MOST = 20
# Rounded where it is written alone, and with all chroma: without, ffmpeg's scaler is up to 37 levels off.
SCALING = Interpolation.BICUBIC | Interpolation.ACCURATE_RND
SCALING |= Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP


def grid():
    """Column, row and stride of each box of the model's output."""
    cells = []
    for stride in (8, 16, 32):
        count = SIDE // stride
        rows, columns = np.mgrid[:count, :count]
        strides = np.full(count * count, stride)
        cells.append(np.stack([columns.ravel(), rows.ravel(), strides], 1))
    return np.concatenate(cells).astype(np.float32)


def taken(frames, rate):
    """The first frame in each step of time, and the first key frame of the second half of it."""
    step_s, last, last_key, origin = 1 / rate, -1, -1, None
    for frame in frames:
        origin = frame.time if origin is None else origin
        at = frame.time - origin
        step = int(at / step_s + 1e-9)
        is_late_key = frame.key_frame and at % step_s * 2 >= step_s and step > last_key
        if is_late_key:
            last_key = step
        if step > last or is_late_key:
            yield at, frame
        last = max(last, step)


def letterboxed(frame):
    """The picture in the upper left corner of the model's input, and its size there."""
    scale = min(SIDE / frame.width, SIDE / frame.height)
    width, height = round(frame.width * scale), round(frame.height * scale)
    picture = frame.to_ndarray(width=width, height=height, format="bgr24", interpolation=SCALING)
    whole = np.full((SIDE, SIDE, 3), 114, np.uint8)
    whole[:height, :width] = picture
    planes = np.ascontiguousarray(whole.transpose(2, 0, 1), np.float32)
    return planes[None], (width, height)


def overlap(box, others):
    left, top = np.maximum(box[:2], others[:, :2]).T
    right, bottom = np.minimum(box[2:], others[:, 2:]).T
    shared = np.maximum(right - left, 0) * np.maximum(bottom - top, 0)
    size = lambda boxes: (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])
    return shared / (size(box) + size(others) - shared)


def boxes(output, cells, size, least, most_overlap):
    """What is found: label, score, and edges in parts of the picture; the surest of each thing."""
    labels = output[:, 5:].argmax(1)
    scores = output[:, 4] * output[np.arange(len(output)), 5 + labels]
    sure = np.flatnonzero((scores >= least) & (output[:, 4] >= least))
    sure = sure[np.argsort(-scores[sure], kind="stable")]
    cell, row = cells[sure], output[sure]
    middle = (row[:, :2] + cell[:, :2]) * cell[:, 2:]
    half = np.exp(row[:, 2:4]) * cell[:, 2:] / 2
    edges, kinds = np.concatenate([middle - half, middle + half], 1), labels[sure]
    kept = []
    for at in range(len(sure)):
        same = [other for other in kept if kinds[other] == kinds[at]]
        if not same or overlap(edges[at], edges[same]).max() <= most_overlap:
            kept.append(at)
    parts = np.clip(edges / np.array([*size, *size]), 0, 1)
    found = [(int(kinds[at]), float(scores[sure[at]]), parts[at].tolist()) for at in kept]
    return found[:MOST]


def main():
    model, clip, rate, threads, least, most_overlap = sys.argv[1:]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name, cells = session.get_inputs()[0].name, grid()
    session.run(None, {name: np.zeros((1, 3, SIDE, SIDE), np.float32)})
    begun = time.perf_counter()
    pictures = []
    with av.open(clip) as container:
        stream = container.streams.video[0]
        # One thread decodes, as in analyze.
        stream.codec_context.thread_count = 1
        for at, frame in taken(container.decode(stream), float(rate)):
            tensor, size = letterboxed(frame)
            output = session.run(None, {name: tensor})[0][0]
            found = boxes(output, cells, size, float(least), float(most_overlap))
            shown = [frame.width, frame.height]
            pictures.append({"time_ms": int(at * 1000 + 1e-6), "size": shown, "seen": found})
    seconds = time.perf_counter() - begun
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    told = {"seconds": seconds, "peak_mb": peak_mb, "pictures": pictures}
    print(json.dumps({**told, "onnxruntime": onnxruntime.__version__}))


if __name__ == "__main__":
    main()
