/** What is looked for, as it stands in the address. */
import { zonedTime } from '@/shared/format/time';

export const SCOPES = ['all', 'messages', 'notes', 'contacts'] as const;
export const TYPES = ['text', 'image', 'video', 'audio', 'document', 'location', 'contacts', 'interactive', 'template'] as const;
export type Scope = (typeof SCOPES)[number];
export type HitType = (typeof TYPES)[number];

export interface Asked {
  q: string;
  in?: Scope;
  channel?: string;
  assignee?: string;
  type?: HitType;
  /** Days of the firm's zone, the last one included. */
  from?: string;
  to?: string;
  sort?: 'relevance';
}

const ID = /^[0-9a-f-]{36}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const Q_MAX = 200;

/** Reads the address; what it does not know is left out. */
export function askedIn(search: Record<string, unknown>): Asked {
  const text = (key: string, form: RegExp) => {
    const value = search[key];
    return typeof value === 'string' && form.test(value) ? value : undefined;
  };
  const scope = SCOPES.find((known) => known === search.in);
  const asked: Asked = {
    q: typeof search.q === 'string' || typeof search.q === 'number' ? String(search.q).slice(0, Q_MAX) : '',
  };
  if (scope && scope !== 'all') asked.in = scope;
  const channel = text('channel', ID);
  const assignee = text('assignee', ID);
  const type = TYPES.find((known) => known === search.type);
  const from = text('from', DAY);
  const to = text('to', DAY);
  if (channel) asked.channel = channel;
  if (assignee) asked.assignee = assignee;
  if (type) asked.type = type;
  if (from) asked.from = from;
  if (to) asked.to = to;
  if (search.sort === 'relevance') asked.sort = 'relevance';
  return asked;
}

/** Whether there is enough to look for: one letter would find everything. */
export const longEnough = (q: string): boolean => Array.from(q.trim()).filter((char) => /[\p{L}\p{N}]/u.test(char)).length >= 2;

export const narrowed = ({ channel, assignee, type, from, to }: Asked): boolean =>
  [channel, assignee, type, from, to].some((one) => one !== undefined);

const parts = (day: string): [number, number, number] => {
  const [year = 1970, month = 1, date = 1] = day.split('-').map(Number);
  return [year, month, date];
};

/** The moments between which these days lie; the end is the first that is too late. */
export function rangeOf({ from, to }: Asked): { from?: string; to?: string } {
  const range: { from?: string; to?: string } = {};
  if (from) range.from = zonedTime(...parts(from), 0).toISOString();
  if (to) {
    const [year, month, day] = parts(to);
    range.to = zonedTime(year, month, day + 1, 0).toISOString();
  }
  return range;
}
