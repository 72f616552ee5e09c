/** Canned replies in the composer: what is asked for by `/`, in which order they are offered, and what is still open in a text. */
import type { CannedReply } from '@/shared/api/types';
import { folded } from '@/shared/format/text';

export interface Asked {
  /** Where the slash stands. */
  from: number;
  to: number;
  query: string;
}

/** The `/word` that ends at the caret; the slash begins a word, so an address or a date is none. */
export function askedAt(text: string, caret: number): Asked | null {
  const [whole, , query] = /(^|\s)\/([^\s/]{0,40})$/.exec(text.slice(0, caret)) ?? [];
  if (whole === undefined || query === undefined) return null;
  return { from: caret - query.length - 1, to: caret, query };
}

/** Those that fit, what this person used last first, then what the firm uses most. */
export function offered(replies: readonly CannedReply[], query: string, recent: readonly string[]): CannedReply[] {
  const wanted = folded(query);
  const rank = (reply: CannedReply): number => {
    const shortcut = folded(reply.shortcut);
    if (shortcut === wanted) return 0;
    return shortcut.startsWith(wanted) ? 1 : 2;
  };
  const lately = (reply: CannedReply): number => {
    const at = recent.indexOf(reply.id);
    return at < 0 ? recent.length : at;
  };
  return replies
    .filter((reply) => {
      const haystack = [reply.shortcut, reply.title, reply.folder ?? '', ...Object.values(reply.texts)].map(folded);
      return haystack.some((text) => text.includes(wanted));
    })
    .sort((a, b) => rank(a) - rank(b) || lately(a) - lately(b) || b.uses - a.uses || a.title.localeCompare(b.title, 'tr'));
}

/** In the contact's language, else Turkish, else whichever there is: as the server fills it in. */
export const textFor = (reply: CannedReply, language: string | null | undefined): string => {
  const short = language?.split(/[-_]/)[0] ?? '';
  return reply.texts[short] ?? reply.texts.tr ?? Object.values(reply.texts)[0] ?? '';
};

export const VARIABLES = ['contact.first_name', 'contact.name', 'agent.name', 'firm.name'] as const;
export type Variable = (typeof VARIABLES)[number];

const OPEN = new RegExp(`\\{\\{\\s*(${VARIABLES.join('|').replace(/\./g, '\\.')})\\s*\\}\\}`, 'g');

export interface Gap {
  from: number;
  to: number;
  variable: Variable;
}

/** Variables that nobody has filled in: nothing is sent with a hole in it. */
export const gapsIn = (text: string): Gap[] =>
  [...text.matchAll(OPEN)].map((match) => ({
    from: match.index,
    to: match.index + match[0].length,
    variable: match[1] as Variable,
  }));

export function replaced(text: string, asked: Pick<Asked, 'from' | 'to'>, by: string): { text: string; caret: number } {
  return { text: text.slice(0, asked.from) + by + text.slice(asked.to), caret: asked.from + by.length };
}

const STORAGE_KEY = 'invekto.canned';
const RECENT_MAX = 20;

export function recentReplies(): string[] {
  const kept: unknown = JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '[]');
  return Array.isArray(kept) ? kept.filter((id): id is string => typeof id === 'string') : [];
}

export function rememberReply(id: string): void {
  const ids = [id, ...recentReplies().filter((held) => held !== id)].slice(0, RECENT_MAX);
  localStorage.setItem(STORAGE_KEY, JSON.stringify(ids));
}
