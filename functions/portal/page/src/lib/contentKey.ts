// Checks a key and its id as they are typed, by the same rules as the portal.

const HEX = /^[0-9a-fA-F]{32}$/;
const UUID = /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/;
// 16 bytes are 21 full characters of base64url and one of two bits.
const BASE64URL = /^[A-Za-z0-9_-]{21}[AQgw]$/;

export function isKey(text: string): boolean {
  return HEX.test(text) || BASE64URL.test(text);
}

export function isKid(text: string): boolean {
  return isKey(text) || UUID.test(text);
}

/** What is wrong with the pair, in a sentence, or nothing. */
export function problem(key: string, kid: string): string | null {
  if (key === "" && kid === "") return null;
  if (key === "") return "A KID needs its key: fill in both, or leave both empty.";
  if (kid === "") return "A key needs its KID: fill in both, or leave both empty.";
  if (!isKey(key)) return "The key must be 16 bytes: 32 hex digits or 22 characters of base64url.";
  if (!isKid(kid)) return "The KID must be 16 bytes: 32 hex digits, 22 characters of base64url, or a UUID.";
  return null;
}
