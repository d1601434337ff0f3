"""The two networks: a picture in, boxes in its pixels out.

Both were trained by others (docs/moderation.md names them and their licences). What goes in and what the numbers that come out
mean was learnt from the code that their wheels carry; that code itself wants OpenCV and more, for what numpy does as well.
"""
import importlib
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from casework.media.blurring import models

Boxes = npt.NDArray[np.float32]
"""One row a box: left, top, right, bottom in pixels, and how sure, 0 to 1."""

FLOOR = 0.1
"""What a network is less sure of is not even looked at; it is far below every mark of judging.py."""

CELL = 32
"""CenterFace takes sides that this divides."""

ANCHORS = ((8, (24, 48)), (16, (96, 192)), (32, (384, 768)))
"""The plate network's layers: a cell every so many pixels, each with squares of these sides, from which boxes are measured."""

MEAN_BGR = np.array([104, 117, 123], np.float32)


@cache
def _faces() -> Any:
    model = importlib.import_module("onnx").load(str(models.path(models.FACES)))
    graph = model.graph
    # It was written for ten pictures of 32 pixels, and with its weights among its inputs: neither is needed.
    weights = {one.name for one in graph.initializer}
    inputs = [one for one in graph.input if one.name not in weights]
    del graph.input[:], graph.value_info[:]
    graph.input.extend(inputs)
    for value in (*graph.input, *graph.output):
        for at, name in ((0, "pictures"), (2, f"high {value.name}"), (3, f"wide {value.name}")):
            value.type.tensor_type.shape.dim[at].Clear()
            value.type.tensor_type.shape.dim[at].dim_param = name
    return _session(model.SerializeToString())


@cache
def _plates() -> Any:
    return _session(str(models.path(models.PLATES)))


def _session(model: bytes | str) -> Any:
    # Loaded when the first picture is looked at: it is not installed everywhere, and takes a hundred megabytes of each process.
    onnxruntime = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1  # more workers, not more threads: other jobs have a claim to the machine as well
    options.enable_cpu_mem_arena = False  # else what the largest photo took is never given back
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def distinct(boxes: Boxes, most_alike: float) -> Boxes:
    """The surest first, without those that share more than `most_alike` of their common area with a surer one."""
    left = boxes[np.argsort(-boxes[:, 4])]
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        wide = np.minimum(best[2], left[:, 2]) - np.maximum(best[0], left[:, 0])
        high = np.minimum(best[3], left[:, 3]) - np.maximum(best[1], left[:, 1])
        shared = np.maximum(wide, 0) * np.maximum(high, 0)
        whole = (best[2] - best[0]) * (best[3] - best[1]) + (left[:, 2] - left[:, 0]) * (left[:, 3] - left[:, 1]) - shared
        left = left[shared <= most_alike * whole]
    return np.array(kept, np.float32).reshape(-1, 5)


def faces(picture: Image.Image) -> Boxes:
    """Faces in an RGB picture."""
    width, height = picture.size
    ground = np.zeros((-(-height // CELL) * CELL, -(-width // CELL) * CELL, 3), np.float32)
    ground[:height, :width] = np.asarray(picture)
    heat, size, offset, _ = _faces().run(None, {"input.1": ground.transpose(2, 0, 1)[None]})
    return face_boxes(heat[0, 0], size[0], offset[0])


def face_boxes(heat: npt.NDArray[np.float32], size: npt.NDArray[np.float32], offset: npt.NDArray[np.float32]) -> Boxes:
    """CenterFace's answer as boxes: each cell of 4 pixels says how sure it is that a face has its middle there, and how large
    (logarithm of height and width, in cells) and how far from the cell's middle (rows and columns, in cells) it is."""
    rows, columns = np.where(heat > FLOOR)
    high, wide = np.exp(size[:, rows, columns]) * 4
    down, right = offset[:, rows, columns]
    x, y = (columns + right + 0.5) * 4, (rows + down + 0.5) * 4
    found = np.stack([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2, heat[rows, columns]], axis=1)
    return distinct(found.astype(np.float32), 0.3)


def plates(picture: Image.Image) -> Boxes:
    """Chinese number plates in an RGB picture."""
    width, height = picture.size
    ground = np.asarray(picture, np.float32)[:, :, ::-1] - MEAN_BGR
    shifts, sure, _ = _plates().run(None, {"image": np.ascontiguousarray(ground.transpose(2, 0, 1)[None])})
    return plate_boxes(shifts[0], sure[0, :, 1], width, height)


def plate_boxes(shifts: npt.NDArray[np.float32], sure: npt.NDArray[np.float32], width: int, height: int) -> Boxes:
    """The plate network's answer as boxes: for each anchor how far the middle is off (tenths of its side), how much larger the
    box is (fifths of a logarithm), and how sure it is."""
    found = sure > FLOOR
    anchors, shifts = _anchors(width, height)[found], shifts[found]
    middle = anchors[:, :2] + shifts[:, :2] * 0.1 * anchors[:, 2:]
    half = anchors[:, 2:] * np.exp(shifts[:, 2:] * 0.2) / 2
    return distinct(np.concatenate([middle - half, middle + half, sure[found, None]], axis=1).astype(np.float32), 0.4)


def _anchors(width: int, height: int) -> npt.NDArray[np.float32]:
    """Middle and sides of each anchor in pixels, in the order in which the network answers."""
    layers = []
    for step, sides in ANCHORS:
        rows, columns = np.meshgrid(np.arange(-(-height // step)), np.arange(-(-width // step)), indexing="ij")
        middles = np.stack([columns + 0.5, rows + 0.5], axis=-1).reshape(-1, 1, 2) * step
        squares = np.array(sides, np.float32).reshape(1, -1, 1)
        shape = (len(middles), len(sides), 2)
        both = np.broadcast_to(middles, shape), np.broadcast_to(squares, shape)
        layers.append(np.concatenate(both, axis=-1).reshape(-1, 4))
    return np.concatenate(layers).astype(np.float32)
