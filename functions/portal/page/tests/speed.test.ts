import { expect, test } from "vitest";
import { Speed } from "../src/lib/speed";

test("speed and the time left follow the last seconds", () => {
  const speed = new Speed();
  for (let second = 0; second <= 20; second += 1) speed.add(second * 1000, second < 10 ? second * 100 : 1000 + (second - 10) * 500);
  expect(speed.rate()).toBe(500);
  expect(speed.remaining(11_000)).toBe(10);
});

test("it is too early to say at first, and after a part was taken back", () => {
  const speed = new Speed();
  speed.add(0, 0);
  expect(speed.rate()).toBeNull();
  speed.add(1000, 1000);
  expect(speed.rate()).toBe(1000);
  speed.add(2000, 500);
  expect(speed.remaining(10_000)).toBeNull();
});
