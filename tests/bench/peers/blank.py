"""A Whisper model of full size without any knowledge, in ggml's format: what a part of speech costs with it is
what it costs at worst, since no window of 30 s ends early and none is believed at first."""

import struct

import numpy

# Width, heads and layers of the encoder and of the decoder (openai/whisper, model-card.md and model.py).
SIZES = {"tiny": (384, 6, 4), "base": (512, 8, 6), "small": (768, 12, 12)}
MAGIC, HALF, SINGLE = 0x67676D6C, 1, 0
FIELDS = "<12i"


def vocabulary(stub):
    """Filters and tokens of a model that has nothing but them, and how many of which there are."""
    head = stub.read_bytes()
    fields = struct.unpack_from(FIELDS, head)
    if fields[0] != MAGIC:
        raise SystemExit(f"{stub} is no model of ggml's format")
    return fields, head[struct.calcsize(FIELDS):]


def write(path, size, stub):
    """Writes a model of `size` with the vocabulary of `stub`."""
    fields, head = vocabulary(stub)
    _, tokens, frames, _, _, _, positions, _, _, _, mels, _ = fields
    width, heads, layers = SIZES[size]
    chance = numpy.random.default_rng(1)
    with open(path, "wb") as file:
        file.write(struct.pack(FIELDS, MAGIC, tokens, frames, width, heads, layers, positions, width, heads, layers, mels, HALF))
        file.write(head)

        def tensor(name, shape, kind=SINGLE, value=None):
            count = int(numpy.prod(shape))
            numbers = chance.normal(0, 0.05, count) if value is None else numpy.full(count, value)
            file.write(struct.pack("<3i", len(shape), len(name), kind) + struct.pack(f"<{len(shape)}i", *shape))
            file.write(name.encode() + numbers.astype("<f2" if kind == HALF else "<f4").tobytes())

        def linear(name, inputs, outputs, bias=True):
            tensor(f"{name}.weight", [inputs, outputs], HALF)
            if bias:
                tensor(f"{name}.bias", [outputs])

        def norm(name):
            tensor(f"{name}.weight", [width], value=1)
            tensor(f"{name}.bias", [width], value=0)

        def attention(name):
            norm(f"{name}_ln")
            for part in ("query", "key", "value", "out"):
                linear(f"{name}.{part}", width, width, bias=part != "key")

        def block(name, crosses):
            attention(f"{name}.attn")
            if crosses:
                attention(f"{name}.cross_attn")
            norm(f"{name}.mlp_ln")
            linear(f"{name}.mlp.0", width, 4 * width)
            linear(f"{name}.mlp.2", 4 * width, width)

        tensor("encoder.positional_embedding", [width, frames])
        for name, inputs in (("conv1", mels), ("conv2", width)):
            tensor(f"encoder.{name}.weight", [3, inputs, width], HALF)
            tensor(f"encoder.{name}.bias", [1, width])
        norm("encoder.ln_post")
        tensor("decoder.positional_embedding", [width, positions])
        tensor("decoder.token_embedding.weight", [width, tokens], HALF)
        norm("decoder.ln")
        for layer in range(layers):
            block(f"encoder.blocks.{layer}", False)
            block(f"decoder.blocks.{layer}", True)
