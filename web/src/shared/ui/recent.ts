/** What a person took lately from a list of many, newest first; kept in this browser. */
export const recent = (key: string): string[] => localStorage.getItem(key)?.split(' ').filter(Boolean) ?? [];

/** `one` has no blanks. */
export function remember(key: string, one: string, most: number): void {
  const rest = recent(key).filter((held) => held !== one);
  localStorage.setItem(key, [one, ...rest].slice(0, most).join(' '));
}
