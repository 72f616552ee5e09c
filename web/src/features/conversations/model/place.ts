/** Degrees as people write and copy them. */
import type { Place } from '@/shared/api/sending';

export interface PlaceDraft {
  latitude: string;
  longitude: string;
  name: string;
  address: string;
}

export const NO_PLACE: PlaceDraft = { latitude: '', longitude: '', name: '', address: '' };

/** A number with a point or a comma; null for anything else, and for what is no degree. */
export function degrees(text: string, bound: number): number | null {
  const plain = text.trim().replace(/°$/, '').replace(',', '.');
  if (!/^[-+]?\d{1,3}(\.\d+)?$/.test(plain)) return null;
  const value = Number(plain);
  return Math.abs(value) <= bound ? value : null;
}

// What is pasted may be anything, and the expression below costs the square of a long row of blanks.
const PAIR_MAX = 80;

/** A pair as map sites give it, `41.0082, 28.9784`, wherever it was pasted; null when the text is no pair. */
export function pairOf(text: string): { latitude: string; longitude: string } | null {
  if (text.length > PAIR_MAX) return null;
  const [, latitude, longitude] = /^\s*\(?\s*([-+]?\d{1,2}\.\d+)\s*[,;\s]\s*([-+]?\d{1,3}\.\d+)\s*\)?\s*$/.exec(text) ?? [];
  return latitude && longitude ? { latitude, longitude } : null;
}

export function placeOf(draft: PlaceDraft): Place | null {
  const latitude = degrees(draft.latitude, 90);
  const longitude = degrees(draft.longitude, 180);
  if (latitude === null || longitude === null) return null;
  const given = (name: 'name' | 'address') => (draft[name].trim() ? { [name]: draft[name].trim() } : {});
  return { latitude, longitude, ...given('name'), ...given('address') };
}
