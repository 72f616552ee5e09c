/** Reads a number as people write it: without a country it is a Turkish one. Whether it exists only the server can say. */

export type PhoneReading =
  | { state: 'empty' }
  | { state: 'letters' }
  | { state: 'short'; missing: number }
  | { state: 'long'; extra: number }
  /** A Turkish number that does not begin with 5 is no mobile phone. */
  | { state: 'landline' }
  /** Too long for Turkey and without a sign that it is another country's. */
  | { state: 'plus' }
  | { state: 'ready'; e164: string };

const TURKEY = '90';
const NATIONAL = 10;
const SHORTEST = 8;
const LONGEST = 15;

export function readPhone(text: string): PhoneReading {
  const plain = text.replace(/[\s().\-/\u00a0\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '').replace(/^00/, '+');
  if (plain === '' || plain === '+') return { state: 'empty' };
  if (!/^\+?\d+$/.test(plain)) return { state: 'letters' };
  const digits = plain.replace('+', '');
  const national = turkish(plain.startsWith('+'), digits);
  if (national === null) {
    if (digits.length < SHORTEST) return { state: 'short', missing: SHORTEST - digits.length };
    if (digits.length > LONGEST) return { state: 'long', extra: digits.length - LONGEST };
    return { state: 'ready', e164: `+${digits}` };
  }
  if (!plain.startsWith('+') && national === digits && digits.length > NATIONAL) return { state: 'plus' };
  if (national !== '' && !national.startsWith('5')) return { state: 'landline' };
  if (national.length < NATIONAL) return { state: 'short', missing: NATIONAL - national.length };
  if (national.length > NATIONAL) return { state: 'long', extra: national.length - NATIONAL };
  return { state: 'ready', e164: `+${TURKEY}${national}` };
}

/** The part behind +90 of a Turkish number; null for another country's. */
function turkish(international: boolean, digits: string): string | null {
  if (international) return digits.startsWith(TURKEY) ? digits.slice(2) : null;
  if (digits.startsWith('0')) return digits.slice(1);
  // 905551112233 as WhatsApp shows it; 90 alone may yet become 905...
  if (digits.startsWith(TURKEY)) return digits.slice(2);
  return digits;
}
