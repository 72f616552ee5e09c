/** Cuts a text where something was found. The server counts characters, JavaScript counts halves of some of them. */

export interface Part {
  at: number;
  text: string;
  found: boolean;
}

export function partsOf(text: string, ranges: readonly { start: number; end: number }[]): Part[] {
  const chars = Array.from(text);
  const parts: Part[] = [];
  let at = 0;
  const add = (end: number, found: boolean) => {
    if (end > at) parts.push({ at, text: chars.slice(at, end).join(''), found });
    at = Math.max(at, end);
  };
  for (const { start, end } of ranges) {
    add(start, false);
    add(end, true);
  }
  add(chars.length, false);
  return parts;
}
