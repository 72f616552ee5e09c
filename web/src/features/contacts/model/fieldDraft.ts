/** A field's definition while it is being written, and what is wrong with it. */
import type { ContactField, ContactFieldDraft, ContactFieldType } from '@/shared/api/types';
import { folded } from '@/shared/format/text';
import { isChosen } from './fieldValue';

export const FIELD_TYPES = [
  'text',
  'number',
  'date',
  'select',
  'multi_select',
  'boolean',
  'phone',
  'email',
  'url',
] as const satisfies readonly ContactFieldType[];
export const LABEL_MAX = 60;

/** `row` is the list's own name for an option; `id` the server's, null for a new one. */
export interface OptionDraft {
  row: number;
  id: string | null;
  label: string;
}

export interface FieldDraft {
  label: string;
  type: ContactFieldType;
  personal: boolean;
  options: OptionDraft[];
}

let nextRow = 1;
export const newOption = (label = '', id: string | null = null): OptionDraft => ({ row: nextRow++, id, label });

export function draftOfField(field: ContactField | null): FieldDraft {
  if (!field) return { label: '', type: 'text', personal: false, options: [newOption(), newOption()] };
  const options = field.options.filter((option) => !option.archived).map((option) => newOption(option.label, option.id));
  return { label: field.label, type: field.type, personal: field.personal, options };
}

/** Rows that nobody wrote into are none. What was left out is archived by the server. */
export function bodyOf(draft: FieldDraft): ContactFieldDraft {
  const options = draft.options
    .filter((option) => option.label.trim())
    .map((option) => ({ id: option.id, label: option.label.trim(), archived: false }));
  return {
    label: draft.label.trim(),
    type: draft.type,
    personal: draft.personal,
    ...(isChosen(draft.type) ? { options } : {}),
  };
}

export type FieldProblem = 'required' | 'tooLong' | 'repeated' | 'needsOption';

/** By `label`, `options` and an option's row. */
export function problemsOf(draft: FieldDraft): Map<string | number, FieldProblem> {
  const found = new Map<string | number, FieldProblem>();
  const label = draft.label.trim();
  if (!label) found.set('label', 'required');
  if (label.length > LABEL_MAX) found.set('label', 'tooLong');
  if (!isChosen(draft.type)) return found;
  const seen = new Set<string>();
  for (const option of draft.options) {
    const name = folded(option.label);
    if (option.label.trim().length > LABEL_MAX) found.set(option.row, 'tooLong');
    else if (name && seen.has(name)) found.set(option.row, 'repeated');
    // One that contacts have is removed by its button, not by emptying it.
    else if (!name && option.id) found.set(option.row, 'required');
    if (name) seen.add(name);
  }
  if (seen.size === 0) found.set('options', 'needsOption');
  return found;
}

/** `list` with its element at `from` moved to `to`. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [one] = next.splice(from, 1);
  if (one !== undefined) next.splice(Math.max(0, Math.min(to, next.length)), 0, one);
  return next;
}
