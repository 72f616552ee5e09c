/** Which canned replies are offered, in which order, and in which language. Comes with the list, not with the composer. */
import type { CannedReply } from '@/shared/api/types';
import { folded } from '@/shared/format/text';
import { recent, remember } from '@/shared/ui/recent';

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

const STORAGE_KEY = 'invekto.canned';
const RECENT_MAX = 20;

export const recentReplies = (): string[] => recent(STORAGE_KEY);
export const rememberReply = (id: string): void => remember(STORAGE_KEY, id, RECENT_MAX);
