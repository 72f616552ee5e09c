/** Lists that are short: users, teams, channels, tags, canned replies. */
import type { Page } from './types';

/** All pages, one after the other. */
export async function allOf<T>(read: (query: { cursor: string | null; limit: number }) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await read({ cursor, limit: 100 });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}
