/** Times as people read them, in the tenant's zone. Formatters are kept: making one costs more than a row. */
import { currentLocale } from '@/shared/i18n/i18n';
import { currentZone } from '@/shared/session/session';

type Options = Intl.DateTimeFormatOptions;
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Options, zone = currentZone()): Intl.DateTimeFormat {
  const key = `${currentLocale()} ${zone} ${JSON.stringify(options)}`;
  let held = formatters.get(key);
  if (!held) {
    held = new Intl.DateTimeFormat(currentLocale() === 'tr' ? 'tr-TR' : 'en-GB', { timeZone: zone, ...options });
    formatters.set(key, held);
  }
  return held;
}

const show = (at: string | number, options: Options) => formatter(options).format(new Date(at));

export const clock = (at: string | number) => show(at, { hour: '2-digit', minute: '2-digit' });
export const dayMonth = (at: string | number) => show(at, { day: 'numeric', month: 'long' });
export const fullTime = (at: string | number) =>
  show(at, { day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit' });
export const shortDate = (at: string | number) => show(at, { day: 'numeric', month: 'short', year: 'numeric' });

/** `2026-11-24` of the tenant's day. */
export function dayKey(at: string | number): string {
  const { year, month, day } = zonedParts(new Date(at).getTime());
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** Whole days between the tenant's day of `at` and today: 0 today, 1 yesterday. */
export function daysAgo(at: string | number, now: number): number {
  return Math.round((Date.parse(dayKey(now)) - Date.parse(dayKey(at))) / 86_400_000);
}

export type Near = 'today' | 'yesterday' | 'tomorrow' | null;

export function near(at: string | number, now: number): Near {
  const days = daysAgo(at, now);
  return days === 0 ? 'today' : days === 1 ? 'yesterday' : days === -1 ? 'tomorrow' : null;
}

/** For a list: the clock today, the weekday within a week, else the date. `yesterday` is the word for it. */
export function listTime(at: string, now: number, yesterday: string): string {
  const days = daysAgo(at, now);
  if (days <= 0) return clock(at);
  if (days === 1) return yesterday;
  if (days < 7) return show(at, { weekday: 'short' });
  if (dayKey(at).slice(0, 4) === dayKey(now).slice(0, 4)) return show(at, { day: 'numeric', month: 'short' });
  return show(at, { day: '2-digit', month: '2-digit', year: 'numeric' });
}

export const dayLine = (at: string, now: number): string =>
  show(at, {
    day: 'numeric',
    month: 'long',
    weekday: 'long',
    ...(dayKey(at).slice(0, 4) === dayKey(now).slice(0, 4) ? {} : { year: 'numeric' }),
  });

export interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  /** 0 Sunday ... 6 Saturday */
  weekday: number;
}

export function zonedParts(at: number, zone = currentZone()): Parts {
  const key = `parts ${zone}`;
  let parts = formatters.get(key);
  if (!parts) {
    parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formatters.set(key, parts);
  }
  const found = Object.fromEntries(parts.formatToParts(new Date(at)).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0 } = found;
  return { year, month, day, hour, minute, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay() };
}

/** The moment at which clocks of `zone` show this. Days and hours beyond their range carry over. */
export function zonedTime(year: number, month: number, day: number, hour: number, minute = 0, zone = currentZone()): Date {
  const wall = Date.UTC(year, month - 1, day, hour, minute);
  let at = wall;
  // Twice, because the first guess may lie on the other side of a change of the clocks.
  for (let round = 0; round < 2; round += 1) {
    const shown = zonedParts(at, zone);
    at += wall - Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute);
  }
  return new Date(at);
}

export interface Span {
  days: number;
  hours: number;
  minutes: number;
}

export function span(ms: number): Span {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  return { days: Math.floor(minutes / 1440), hours: Math.floor((minutes % 1440) / 60), minutes: minutes % 60 };
}

/** A moment to come, as short as it stays clear: the clock today, else weekday or date with the clock. */
export function aheadTime(at: string | number, now: number): string {
  const days = -daysAgo(at, now);
  if (days <= 0) return clock(at);
  if (days < 7) return show(at, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
  return show(at, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
}
