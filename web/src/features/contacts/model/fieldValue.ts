/** Values of contact fields: how they read, how they are typed, and what of the typed text is no value. */
import type { ContactField, ContactFieldType, FieldValue } from '@/shared/api/types';
import { currentLocale } from '@/shared/i18n/i18n';

/** What the editors of the panel are; a choice and a switch are set, everything else is typed. */
export const isChosen = (type: ContactFieldType) => type === 'select' || type === 'multi_select';
export const TEXT_MAX = 1000;

const speech = () => (currentLocale() === 'tr' ? 'tr-TR' : 'en-GB');

/** A number as it is written here: grouped, its part after the point as long as it is. */
const numberText = (value: number) => new Intl.NumberFormat(speech(), { maximumFractionDigits: 15 }).format(value);

/** `1990-03-05` as a day is written here. Days of people's lives have no zone. */
export function dayText(iso: string): string {
  const [year = 1970, month = 1, day = 1] = iso.split('-').map(Number);
  const at = new Date(Date.UTC(2000, month - 1, day));
  at.setUTCFullYear(year);
  return new Intl.DateTimeFormat(speech(), { timeZone: 'UTC', day: '2-digit', month: '2-digit', year: 'numeric' }).format(at);
}

/** What stands in the panel. A masked value is shown as the server gave it. */
export function valueText(field: ContactField, value: FieldValue, words: { yes: string; no: string }): string {
  const label = (id: string) => field.options.find((option) => option.id === id)?.label ?? id;
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value === 'number') return numberText(value);
  if (Array.isArray(value)) return value.map(label).join(', ');
  if (field.type === 'date' && /^\d{4}-\d{2}-\d{2}$/.test(value)) return dayText(value);
  return field.type === 'select' ? label(value) : value;
}

/** What the editor of a typed value begins with. */
export function draftOf(field: ContactField, value: FieldValue | undefined, masked: boolean): string {
  if (value === undefined || masked || Array.isArray(value) || typeof value === 'boolean') return '';
  if (typeof value === 'number') return numberText(value);
  return field.type === 'date' ? dayText(value) : value;
}

/** The typed text as a value, null for nothing, undefined for what is none. What only the server knows is left to it. */
export function parseDraft(type: ContactFieldType, draft: string): FieldValue | null | undefined {
  const text = draft.trim();
  if (!text) return null;
  if (type === 'number') return parseNumber(text);
  if (type === 'date') return parseDay(text);
  // Somebody who types an address by heart leaves out how it begins.
  if (type === 'url' && !/^[a-z][a-z0-9+.-]*:/i.test(text)) return `https://${text}`;
  return text.length > TEXT_MAX ? undefined : text;
}

function parseNumber(text: string): number | undefined {
  const bare = text.replace(/[\s\u00a0₺$€£]/g, '');
  const [group, point] = currentLocale() === 'tr' ? ['.', ','] : [',', '.'];
  // Groups of three only: `1.5` typed by somebody who thinks in points is not fifteen.
  const shape = new RegExp(`^[+-]?(\\d+|\\d{1,3}(\\${group}\\d{3})+)(\\${point}\\d+)?$`);
  if (!shape.test(bare)) return undefined;
  const value = Number(bare.replaceAll(group, '').replace(point, '.'));
  return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** `5.3.1990`, `05/03/1990` and `1990-03-05`; the day first, as here. */
function parseDay(text: string): string | undefined {
  const ours = /^(\d{1,2})[./\-\s](\d{1,2})[./\-\s](\d{4})$/.exec(text);
  const iso = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  const [year, month, day] = ours ? [ours[3], ours[2], ours[1]] : iso ? [iso[1], iso[2], iso[3]] : [];
  if (!year || !month || !day) return undefined;
  const at = new Date(Date.UTC(2000, Number(month) - 1, Number(day)));
  at.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (Number(year) < 1 || at.getUTCMonth() !== Number(month) - 1 || at.getUTCDate() !== Number(day)) return undefined;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

/** Only what a browser opens as a page. */
export const pageAddress = (value: FieldValue | undefined): string | null =>
  typeof value === 'string' && /^https?:\/\//i.test(value) ? value : null;

export const sameValue = (one: FieldValue | null | undefined, other: FieldValue | null | undefined): boolean =>
  Array.isArray(one) && Array.isArray(other)
    ? one.length === other.length && one.every((id, at) => id === other[at])
    : (one ?? null) === (other ?? null);
