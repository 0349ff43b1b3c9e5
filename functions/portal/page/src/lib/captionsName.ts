/** What manifests call a caption track: its file's name, which is another for each of its versions. */
export function captionsName(track: { vtt: string }): string {
  const path = track.vtt.split(/[?#]/, 1)[0] ?? "";
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.vtt$/, "");
}
