/** Reads `payload` of a message by its type. A field the provider left out is simply absent: nothing here throws. */
import type { MessageContext } from './types';

export type Raw = Record<string, unknown>;

export const asObject = (value: unknown): Raw =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Raw) : {};
export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const asText = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
export const asNumber = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value)
    ? value
    : typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
      ? Number(value)
      : null;

/** Where a message came from besides its author. */
export const readContext = (context: unknown): MessageContext => asObject(context) as MessageContext;

export function readReaction(payload: unknown) {
  const raw = asObject(payload);
  return { emoji: asText(raw.emoji), toSeq: asNumber(raw.to_seq) };
}

export function readActivity(payload: unknown) {
  const raw = asObject(payload);
  const name = (value: unknown) => asText(value) ?? asText(asObject(value).name);
  const tags = [...asList(raw.tags), ...asList(raw.added)].flatMap((tag) => name(tag) ?? []);
  return {
    action: asText(raw.action) ?? '',
    by: name(raw.by),
    from: name(raw.from),
    to: name(raw.to),
    until: asText(raw.until),
    tags,
    removed: asList(raw.removed).flatMap((tag) => name(tag) ?? []),
  };
}
