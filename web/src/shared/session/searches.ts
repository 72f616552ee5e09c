/** What one user looked for last, in this browser only; gone when they sign out. */
import { folded } from '@/shared/format/text';

const KEPT = 8;
const keyOf = (userId: string) => `invekto.searches.${userId}`;

export function recentSearches(userId: string): string[] {
  try {
    const held: unknown = JSON.parse(localStorage.getItem(keyOf(userId)) ?? '[]');
    return Array.isArray(held) ? held.filter((one) => typeof one === 'string').slice(0, KEPT) : [];
  } catch {
    return []; // Somebody else wrote there.
  }
}

export function keepSearch(userId: string, query: string): void {
  const words = query.trim();
  if (!words) return;
  const others = recentSearches(userId).filter((one) => folded(one) !== folded(words));
  localStorage.setItem(keyOf(userId), JSON.stringify([words, ...others].slice(0, KEPT)));
}

export const clearSearches = (userId: string): void => localStorage.removeItem(keyOf(userId));
