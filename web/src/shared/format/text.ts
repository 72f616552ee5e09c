/** Small pieces of text made from data: initials, sizes, stable colours. */

const GROUNDS = 7;

/** Up to two letters of a name in capitals of its own language; a phone number or an empty name has none. */
export function initials(name: string): string {
  const words = name
    .replace(/^@/, '')
    .split(/[\s._-]+/)
    .filter((word) => /\p{L}/u.test(word));
  const letters = words.map((word) => /\p{L}/u.exec(word)?.[0] ?? '');
  const joined = letters.length > 1 ? `${letters[0]}${letters[letters.length - 1]}` : (words[0]?.slice(0, 2) ?? '');
  // Arabic letters join and have no capitals; for the rest Turkish rules make İ of i and I of ı.
  return joined.toLocaleUpperCase('tr');
}

/** The same ground for the same person on every screen. */
export function groundOf(id: string): number {
  let hash = 0;
  for (let at = 0; at < id.length; at += 1) hash = (hash * 31 + id.charCodeAt(at)) | 0;
  return Math.abs(hash) % GROUNDS;
}

export function fileSize(bytes: number, locale: string): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: unit > 1 ? 1 : 0 }).format(value)} ${units[unit]}`;
}

export function playTime(seconds: number): string {
  const whole = Math.max(0, Math.round(Number.isFinite(seconds) ? seconds : 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** `+90 555 010 44 18`: grouped for reading when it is a plain number, else as it came. */
export function phoneText(phone: string): string {
  const digits = phone.replace(/[^\d]/g, '');
  if (/^90\d{10}$/.test(digits))
    return `+90 ${digits.slice(2, 5)} ${digits.slice(5, 8)} ${digits.slice(8, 10)} ${digits.slice(10)}`;
  if (/^\+?\d{8,15}$/.test(phone)) return phone.startsWith('+') ? phone : `+${phone}`;
  return phone;
}

/** For matching what somebody types: Turkish letters and capitals fold onto one another. */
export const folded = (text: string): string =>
  text.trim().toLocaleLowerCase('tr').normalize('NFKD').replace(/\p{M}/gu, '').replace(/ı/g, 'i');

/** Where `query`, already folded, stands in a text as it was written: pairs of begin and end. */
export function placesOf(text: string, query: string): [number, number][] {
  if (!query) return [];
  let flat = '';
  const at: number[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] ?? '';
    const letters = /\s/.test(char) ? ' ' : folded(char);
    for (let part = 0; part < letters.length; part += 1) at.push(index);
    flat += letters;
  }
  at.push(text.length);
  const found: [number, number][] = [];
  for (let from = flat.indexOf(query); from >= 0; from = flat.indexOf(query, from + query.length)) {
    found.push([at[from] ?? 0, (at[from + query.length - 1] ?? 0) + 1]);
  }
  return found;
}
