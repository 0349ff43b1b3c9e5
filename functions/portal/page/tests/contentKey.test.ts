import { expect, test } from "vitest";
import { isKey, isKid, problem } from "../src/lib/contentKey";

const HEX = "87237d20a19f58a740c05684e699b4aa";
const KEY = "hyN9IKGfWKdAwFaE5pm0qg";
const KID = "oW5AK5BW43HzbTSKpiu3SQ";

test("16 bytes are taken as hex or base64url", () => {
  expect([HEX, HEX.toUpperCase(), KEY].every(isKey)).toBe(true);
  // One character short, one long, and a last character with bits beyond the 16th byte.
  expect([HEX.slice(1), `${HEX}0`, KEY.slice(1), `${KEY}A`, `${KEY.slice(0, -1)}h`].some(isKey)).toBe(false);
});

test("a KID may also be a UUID", () => {
  expect(isKid("a16e402b-9056-e371-f36d-348aa62bb749")).toBe(true);
  expect(isKey("a16e402b-9056-e371-f36d-348aa62bb749")).toBe(false);
});

test("a key and its KID come together", () => {
  expect(problem("", "")).toBeNull();
  expect(problem(KEY, KID)).toBeNull();
  expect(problem(KEY, "")).toContain("needs its KID");
  expect(problem("", KID)).toContain("needs its key");
  expect(problem("short", KID)).toContain("The key must be 16 bytes");
});
