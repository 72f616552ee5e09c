/** Which templates are offered and in which order: those that can be sent first, what was used last before the others. */
import type { Id } from '@/shared/api/types';
import { folded } from '@/shared/format/text';
import { recent, remember } from '@/shared/ui/recent';
import type { Template } from '../api';
import { buttonsOf, partOf } from './template';

const STORAGE_KEY = 'invekto.templates.recent';
const KEPT = 12;

const words = (template: Template): string =>
  folded(
    [
      template.name,
      template.name.replaceAll('_', ' '),
      ...['HEADER', 'BODY', 'FOOTER'].map((type) => partOf(template.components, type)?.text ?? ''),
      ...buttonsOf(template.components).map((button) => button.text ?? ''),
    ].join(' '),
  );

/** Every word must be somewhere in the name or the texts. */
export function matches(template: Template, query: string): boolean {
  const text = words(template);
  return folded(query)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

export interface Order {
  recent: Id[];
  /** The contact's language (`tr`), when it is known. */
  language: string | null;
}

export function ordered(templates: Template[], { recent, language }: Order): Template[] {
  const place = (template: Template) => {
    const at = recent.indexOf(template.id);
    return at < 0 ? recent.length : at;
  };
  const theirs = (template: Template) => Number(language !== null && template.language.slice(0, 2) === language.slice(0, 2));
  return [...templates].sort(
    (a, b) =>
      Number(b.sendable) - Number(a.sendable) ||
      theirs(b) - theirs(a) ||
      place(a) - place(b) ||
      a.name.localeCompare(b.name, 'tr') ||
      a.language.localeCompare(b.language),
  );
}

export const recentTemplates = (): Id[] => recent(STORAGE_KEY);
export const rememberTemplate = (id: Id): void => remember(STORAGE_KEY, id, KEPT);
