// PUT with upload progress, which fetch cannot tell.

import type { Put } from "./transfer";

export const put: Put = ({ url, headers, body, signal }, onProgress) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => resolve({ status: request.status, etag: request.getResponseHeader("etag") });
    request.onerror = () => reject(new Error("the connection broke"));
    request.onabort = () => reject(new DOMException("paused", "AbortError"));
    request.onloadend = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    else request.send(body);
  });
