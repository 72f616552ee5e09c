/** A canned reply while it is being written: what does not fit, and what is saved of it. */
import type { CannedReply, CannedReplyChange } from '@/shared/api/types';
import { folded } from '@/shared/format/text';

export const LANGUAGES = ['tr', 'en', 'ar', 'de', 'ru', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];
export const VARIABLES = ['contact.first_name', 'contact.name', 'agent.name', 'firm.name'] as const;
export const TEXT_MAX = 4096;
export const LABEL_MAX = 60;
export const FILES_MAX = 10;

export type CannedFile = CannedReply['attachments'][number];

export interface ReplyDraft {
  title: string;
  shortcut: string;
  folder: string;
  texts: Partial<Record<Language, string>>;
  files: CannedFile[];
}

export type ReplyProblem =
  | { code: 'required' | 'shortcut' | 'taken' }
  | { code: 'tooLong'; max: number }
  | { code: 'variable'; name: string };

export const draftOf = (reply: CannedReply | null): ReplyDraft => ({
  title: reply?.title ?? '',
  shortcut: reply?.shortcut ?? '',
  folder: reply?.folder ?? '',
  texts: (reply?.texts as ReplyDraft['texts'] | undefined) ?? { tr: '' },
  files: reply?.attachments ?? [],
});

/** What stands for the value that a contact has in a field of the firm's. */
export const fieldVariable = (key: string): string => `contact.fields.${key}`;

/** By field: `title`, `shortcut`, `folder`, or the language of a text. `others`: the firm's replies without this one; `fields`: the
 * keys of its contact fields, null while nobody knows them yet. */
export function problemsOf(
  draft: ReplyDraft,
  others: readonly CannedReply[],
  fields: readonly string[] | null = [],
): Map<string, ReplyProblem> {
  const found = new Map<string, ReplyProblem>();
  const shortcut = draft.shortcut.trim();
  if (!draft.title.trim()) found.set('title', { code: 'required' });
  else if (draft.title.trim().length > LABEL_MAX) found.set('title', { code: 'tooLong', max: LABEL_MAX });
  if (!shortcut) found.set('shortcut', { code: 'required' });
  else if (!/^[^\s/]{1,40}$/.test(shortcut)) found.set('shortcut', { code: 'shortcut' });
  else if (others.some((reply) => folded(reply.shortcut) === folded(shortcut))) found.set('shortcut', { code: 'taken' });
  if (draft.folder.trim().length > LABEL_MAX) found.set('folder', { code: 'tooLong', max: LABEL_MAX });
  for (const [language, text = ''] of Object.entries(draft.texts)) {
    const unknown = [...text.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].find(
      ([, name = '']) =>
        !VARIABLES.some((variable) => variable === name) &&
        !(fields ? fields.some((key) => fieldVariable(key) === name) : name.startsWith(fieldVariable(''))),
    );
    if (!text.trim()) found.set(language, { code: 'required' });
    else if (text.length > TEXT_MAX) found.set(language, { code: 'tooLong', max: TEXT_MAX });
    else if (unknown) found.set(language, { code: 'variable', name: unknown[0] });
  }
  return found;
}

export const changeOf = (draft: ReplyDraft): CannedReplyChange => ({
  title: draft.title.trim(),
  shortcut: draft.shortcut.trim(),
  folder: draft.folder.trim() || null,
  texts: draft.texts as CannedReplyChange['texts'],
  attachment_ids: draft.files.map((file) => file.id),
});

/** The same files, one of them a place earlier or later; at the end of the list nothing moves. */
export function moved(files: readonly CannedFile[], id: string, by: 1 | -1): CannedFile[] {
  const next = [...files];
  const at = next.findIndex((file) => file.id === id);
  const [file] = at + by >= 0 && at + by < next.length && at >= 0 ? next.splice(at, 1) : [];
  if (file) next.splice(at + by, 0, file);
  return next;
}

/** Those that hold the words somewhere, by folder in Turkish order; the ones without a folder come last. */
export function grouped(replies: readonly CannedReply[], query: string): [string | null, CannedReply[]][] {
  const wanted = folded(query);
  const groups = new Map<string | null, CannedReply[]>();
  for (const reply of replies) {
    const words = [reply.shortcut, reply.title, reply.folder ?? '', ...Object.values(reply.texts)];
    if (!words.some((text) => folded(text).includes(wanted))) continue;
    groups.set(reply.folder, [...(groups.get(reply.folder) ?? []), reply]);
  }
  return [...groups].sort(([a], [b]) => (a === null ? 1 : b === null ? -1 : a.localeCompare(b, 'tr')));
}
