"""Runs one function as a platform does: an S3 endpoint and a sink of events, both in this process, and
the function's own optimised program, which gets CloudEvents over HTTP."""

import http.client
import json
import os
import pathlib
import socket
import subprocess
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = pathlib.Path(os.environ.get("REELDROP_BENCH_PROGRAMS", ROOT / "target/release"))
VERSION = "1"


def chunks(body):
    """The content of a body in AWS's chunks: length and signature, then so many bytes."""
    whole = b""
    while body:
        head, _, body = body.partition(b"\r\n")
        length = int(head.split(b";")[0], 16)
        if length == 0:
            break
        whole, body = whole + body[:length], body[length + 2 :]
    return whole


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while length := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(length)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_chunked = "aws-chunked" in self.headers.get("Content-Encoding", "")
        return chunks(body) if is_chunked else body

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name == "Content-Length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_POST(self):
        self.server.events.append((self.headers["ce-type"], json.loads(self.body())))
        self.answer(202)

    def do_PUT(self):
        self.server.objects[self.key()] = self.body()
        self.answer(200, headers=[("ETag", f'"{VERSION}"')])

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        whole = self.server.objects.get(self.key())
        if whole is None:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        headers = [("ETag", f'"{VERSION}"'), ("Accept-Ranges", "bytes")]
        if self.command == "HEAD":
            return self.answer(200, headers=[*headers, ("Content-Length", str(len(whole)))])
        wanted = self.headers.get("Range")
        if wanted is None:
            return self.answer(200, whole, headers)
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        end = min(int(last) + 1 if last else len(whole), len(whole))
        part = memoryview(whole)[int(first) : end]
        span = f"bytes {first}-{end - 1}/{len(whole)}"
        return self.answer(206, part, [*headers, ("Content-Range", span)])

    def key(self):
        return urllib.parse.unquote(urllib.parse.urlsplit(self.path).path.lstrip("/"))


class Around:
    """What is around a function: buckets, and who takes its events."""

    def __init__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.objects, self.server.events = {}, []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def upload(self, path):
        """Puts a file into a bucket, and says which one it is as events do."""
        body = pathlib.Path(path).read_bytes()
        name = pathlib.Path(path).name
        self.server.objects[f"reeldrop-uploads/{name}"] = body
        source = {"bucket": "reeldrop-uploads", "object": name}
        return {**source, "version": VERSION, "size_bytes": len(body)}

    def notes(self):
        """What was written into the work bucket, by name."""
        written = sorted(self.server.objects.items())
        return [json.loads(body) for key, body in written if key.startswith("reeldrop-work/")]

    def forget(self):
        """Takes what was written away, so that the same is asked for anew."""
        for key in [key for key in self.server.objects if not key.startswith("reeldrop-uploads/")]:
            del self.server.objects[key]


class Function:
    """A function's process."""

    def __init__(self, name, around, **settings):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.name, self.around = name, around
        self.log = open(ROOT / f"target/bench/{name}.log", "w")
        keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1"}
        addresses = {"PORT": str(self.port), "K_SINK": around.url, "REELDROP_S3_ENDPOINT": around.url}
        self.process = subprocess.Popen(
            [PROGRAMS / name],
            env={**os.environ, **keys, **addresses, **settings},
            stdout=self.log,
            stderr=self.log,
        )
        self.wait()

    def wait(self):
        for _ in range(20_000):
            try:
                return socket.create_connection(("127.0.0.1", self.port)).close()
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.001)
        raise SystemExit(f"{self.name} does not start: {self.log.name}")

    def send(self, kind, data):
        """Sends an event, and gives those that the function answers it with."""
        before = len(self.around.server.events)
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        about = {"ce-specversion": "1.0", "ce-id": str(uuid.uuid4()), "ce-source": "/reeldrop/bench"}
        headers = {**about, "ce-type": kind, "Content-Type": "application/json"}
        connection.request("POST", "/", json.dumps(data), headers)
        response = connection.getresponse()
        body = response.read()
        if response.status >= 300 or "failed" in response.getheader("ce-type", ""):
            raise SystemExit(f"{self.name}: {response.status} {body[:300]} ({self.log.name})")
        events = self.around.server.events[before:]
        return events + ([(response.getheader("ce-type"), json.loads(body))] if body else [])

    def peak_mb(self):
        """The most memory that it has held, megabytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        kib = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]
        return int(kib) * 1024 / 1e6

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def payloads(events, name):
    """The payloads of the events of one type."""
    return [data for kind, data in events if kind == f"io.reeldrop.{name}.v1"]


def verdict(is_met):
    return "met" if is_met else "missed"
