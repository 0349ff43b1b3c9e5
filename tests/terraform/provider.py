"""A Terraform provider that knows its schema and does nothing: enough for `validate` and mocked tests.

Started by Terraform. Environment: REELDROP_BINDINGS, the folder of the bindings (see schema.py);
REELDROP_TYPES, the resource and data source types in use, one a word; REELDROP_SCHEMA, the
file that the encoded schema is kept in.
Speaks protocol version 6 (terraform's docs/plugin-protocol); messages are written by hand, because
only one of them is not empty.
"""

import os
import shutil
import tempfile
from concurrent import futures
from pathlib import Path

import grpc

from schema import attribute, schema

# google_project_service_identity is only in the beta provider, whose bindings are as large again.
BETA = {"google_project_service_identity": {
    "attributes": [attribute("service", '"string"', required=True), attribute("project", '"string"', computed=True),
                   attribute("id", '"string"', computed=True), attribute("email", '"string"', computed=True),
                   attribute("member", '"string"', computed=True)],
    "blocks": [],
}}


# What no provider lets a configuration set.
COMPUTED_ONLY = {"id", "self_link"}


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value) if value else b""


def text(field: int, value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def encode_block(block: dict) -> bytes:
    out = b""
    for one in block["attributes"]:
        optional = not one["required"] and one["name"] not in COMPUTED_ONLY
        out += text(2, text(1, one["name"]) + text(2, one["type"]) + number(4, one["required"])
                    + number(5, optional) + number(6, one["computed"]))
    for one in block["blocks"]:
        out += text(3, text(1, one["name"]) + text(2, encode_block(one["block"])) + number(3, one["nesting"])
                    + number(4, one["min"]) + number(5, one["max"]))
    return out


def encode_schema(block: dict) -> bytes:
    return text(2, encode_block(block))


def provider_schema() -> bytes:
    """The one answer that is not empty. Terraform starts a provider a dozen times a test: it is kept."""
    kept = Path(os.environ["REELDROP_SCHEMA"])
    if not kept.exists():
        partial = kept.with_suffix(f".{os.getpid()}")
        partial.write_bytes(read_schema())
        partial.rename(kept)
    return kept.read_bytes()


def read_schema() -> bytes:
    lib = Path(os.environ["REELDROP_BINDINGS"]) / "lib"
    out = text(1, encode_schema(schema(lib / "provider")))
    for kind in os.environ["REELDROP_TYPES"].split():
        data = kind.startswith("data.")
        name = kind.removeprefix("data.")
        folder = lib / (("data-" if data else "") + (name if data else name.removeprefix("google_")).replace("_", "-"))
        known = BETA.get(name) or (schema(folder) if folder.is_dir() else None)
        if known:
            out += text(3 if data else 2, text(1, name) + text(2, encode_schema(known)))
    return out + text(6, number(2, 1))


class Provider(grpc.GenericRpcHandler):
    """Answers every call with the empty message, which is success, but for the schema and the health check."""

    def service(self, call):
        answers = {
            "/tfplugin6.Provider/GetProviderSchema": provider_schema,
            "/grpc.health.v1.Health/Check": lambda: b"\x08\x01",
        }
        if call.method == "/plugin.GRPCController/Shutdown":
            shutil.rmtree(FOLDER, ignore_errors=True)
            os._exit(0)
        if call.method.startswith("/plugin."):
            return None  # Streams of a kind that this has none of.
        answer = answers.get(call.method, lambda: b"")
        return grpc.unary_unary_rpc_method_handler(lambda request, context: answer())


FOLDER = Path(tempfile.mkdtemp(prefix="reeldrop-provider-"))


def main() -> None:
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", -1)])
    server.add_generic_rpc_handlers([Provider()])
    socket = FOLDER / "socket"
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    print(f"1|6|unix|{socket}|grpc", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
