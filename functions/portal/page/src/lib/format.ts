// Numbers in a person's words.

const KIB = 1024;
const UNITS = ["bytes", "KB", "MB", "GB", "TB"];

/** 1536 → "1.5 KB". */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= KIB && unit < UNITS.length - 1) {
    value /= KIB;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, "")} ${unit === 0 && count === 1 ? "byte" : UNITS[unit]}`;
}

/** 83000 → "1:23", 3723000 → "1:02:03". */
export function clock(milliseconds: number): string {
  const total = Math.round(milliseconds / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(total % 60)}` : `${minutes}:${two(total % 60)}`;
}

/** How long something takes, roughly: "a few seconds", "40 s", "3 min", "2 h 5 min". */
export function span(seconds: number): string {
  if (seconds < 5) return "a few seconds";
  if (seconds < 90) return `${Math.round(seconds / 5) * 5} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 4200 → "4.2 s", 95000 → "1 min 35 s": a measured time, exact enough to compare. */
export function took(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** When, seen from now: "just now", "5 min ago", "yesterday", else the date. */
export function ago(then: Date, now: Date): string {
  const seconds = (now.getTime() - then.getTime()) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 2 * 86_400) return "yesterday";
  return then.toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });
}

/** "holiday.final.MP4" → "holiday.final": the part of a file's name worth a headline. */
export function headline(file: string): string {
  return file.replace(/\.[A-Za-z0-9]{1,5}$/, "") || file;
}

/** 1280x720 → "720p", 720x1280 → "720p upright": what people call a size. */
export function resolution(width: number, height: number): string {
  const name = `${Math.min(width, height)}p`;
  return height > width ? `${name} upright` : name;
}
