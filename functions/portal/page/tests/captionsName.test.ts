import { expect, test } from "vitest";
import { captionsName } from "../src/lib/captionsName";

test("captions are called by their file's name", () => {
  expect(captionsName({ vtt: "http://localhost:1/media/4a24/text/en-1f0c77a2.vtt" })).toBe("en-1f0c77a2");
  expect(captionsName({ vtt: "/text/de-2.vtt?token=a/b" })).toBe("de-2");
});
