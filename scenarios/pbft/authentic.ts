/**
 * Digests and signatures, simulated: a hash stands for both. Receivers check every one. What makes them unforgeable here
 * is that nobody, traitors included, ever calls `sign` in another's name; with real keys nobody could.
 */

/** cyrb53 (bryc, public domain): 53 bits, no protection against anyone who searches for collisions. */
export function hash(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}

export const sign = (self: string, text: string): string => hash(`${self} signs ${text}`);
export const signed = (by: string, text: string, signature: string): boolean => sign(by, text) === signature;
