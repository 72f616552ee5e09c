/** Reads `payload` of a message by its type. A field the provider left out is simply absent: nothing here throws. */

type Raw = Record<string, unknown>;

const asObject = (value: unknown): Raw =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Raw) : {};
const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const asText = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const asNumber = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

export function readLocation(payload: unknown) {
  const raw = asObject(payload);
  return {
    latitude: asNumber(raw.latitude),
    longitude: asNumber(raw.longitude),
    name: asText(raw.name),
    address: asText(raw.address),
  };
}

export function readContacts(payload: unknown): { name: string | null; phones: string[] }[] {
  const cards = Array.isArray(payload) ? payload : asList(asObject(payload).contacts);
  return cards.map((card) => {
    const raw = asObject(card);
    return { name: asText(raw.name), phones: asList(raw.phones).flatMap((phone) => asText(phone) ?? []) };
  });
}

export function readInteractive(payload: unknown) {
  const raw = asObject(payload);
  return { title: asText(raw.title), description: asText(raw.description) };
}

export function readOrder(payload: unknown) {
  const raw = asObject(payload);
  const items = asList(raw.items).map((item) => {
    const line = asObject(item);
    return { name: asText(line.name) ?? '', quantity: asNumber(line.quantity) ?? 1 };
  });
  return { items, text: asText(raw.text) };
}

export function readTemplate(payload: unknown) {
  const raw = asObject(payload);
  const buttons = asList(raw.buttons).flatMap((button) => asText(button) ?? asText(asObject(button).text) ?? []);
  return { name: asText(raw.name), language: asText(raw.language), buttons };
}

export function readReaction(payload: unknown) {
  const raw = asObject(payload);
  return { emoji: asText(raw.emoji), toSeq: asNumber(raw.to_seq) };
}

export const readUnsupported = (payload: unknown) => ({ title: asText(asObject(payload).title) });

export function readActivity(payload: unknown) {
  const raw = asObject(payload);
  const name = (value: unknown) => asText(value) ?? asText(asObject(value).name);
  const tags = [...asList(raw.tags), ...asList(raw.added)].flatMap((tag) => name(tag) ?? []);
  return {
    action: asText(raw.action) ?? '',
    by: name(raw.by),
    to: name(raw.to),
    until: asText(raw.until),
    tags,
    removed: asList(raw.removed).flatMap((tag) => name(tag) ?? []),
  };
}
