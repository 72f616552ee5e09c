/** Reads the payloads of what is drawn as a card. Apart from payloads.ts, so that the first load does without. */
import { asList, asNumber, asObject, asText } from './payloads';

const texts = (value: unknown): string[] => asList(value).flatMap((item) => asText(item) ?? asText(asObject(item).phone) ?? []);

export function readLocation(payload: unknown) {
  const raw = asObject(payload);
  return {
    latitude: asNumber(raw.latitude),
    longitude: asNumber(raw.longitude),
    name: asText(raw.name),
    address: asText(raw.address),
  };
}

export interface ContactCardData {
  name: string | null;
  phones: string[];
  emails: string[];
  organization: string | null;
}

export function readContacts(payload: unknown): ContactCardData[] {
  const cards = Array.isArray(payload) ? payload : asList(asObject(payload).contacts);
  return cards.map((card) => {
    const raw = asObject(card);
    return {
      name: asText(raw.name),
      phones: texts(raw.phones),
      emails: texts(raw.emails),
      organization: asText(raw.organization),
    };
  });
}

export interface Row {
  title: string;
  description: string | null;
}

export interface ButtonData {
  type: string;
  title: string;
  url: string | null;
  phone: string | null;
  code: string | null;
}

/** Only web addresses become links: a template's button is the firm's own, but its text came from outside. */
export const webAddress = (value: unknown): string | null => {
  const text = asText(value);
  return text && /^https?:\/\//i.test(text) && URL.canParse(text) ? text : null;
};

const readButton = (value: unknown): ButtonData | null => {
  const raw = asObject(value);
  const title = asText(value) ?? asText(raw.title) ?? asText(raw.text);
  if (!title) return null;
  return {
    type: asText(raw.type)?.toLowerCase() ?? 'quick_reply',
    title,
    url: webAddress(raw.url),
    phone: asText(raw.phone),
    code: asText(raw.code),
  };
};
const readButtons = (value: unknown): ButtonData[] => asList(value).flatMap((button) => readButton(button) ?? []);

export function readInteractive(payload: unknown) {
  const raw = asObject(payload);
  const header = raw.header;
  return {
    kind: asText(raw.kind) ?? 'button_reply',
    title: asText(raw.title),
    description: asText(raw.description),
    fields: asList(raw.fields).flatMap((field) => {
      const { name, value } = asObject(field);
      const shown = asText(value) ?? (value == null ? null : typeof value === 'object' ? JSON.stringify(value) : String(value));
      return asText(name) && shown ? [{ name: asText(name) ?? '', value: shown }] : [];
    }),
    response: asText(raw.response),
    header: asText(header) ?? asText(asObject(header).text),
    footer: asText(raw.footer) ?? asText(asObject(raw.footer).text),
    buttons: readButtons(raw.buttons),
    opener: asText(raw.opener),
    sections: asList(raw.sections).map((section) => ({
      title: asText(asObject(section).title),
      rows: asList(asObject(section).rows).flatMap((row): Row[] => {
        const title = asText(asObject(row).title);
        return title ? [{ title, description: asText(asObject(row).description) }] : [];
      }),
    })),
    label: asText(raw.label),
    url: webAddress(raw.url),
  };
}

export function readOrder(payload: unknown) {
  const raw = asObject(payload);
  const items = asList(raw.items).map((item) => {
    const line = asObject(item);
    return {
      name: asText(line.name) ?? asText(line.product_id) ?? '',
      quantity: asNumber(line.quantity) ?? 1,
      price: asNumber(line.price),
      currency: asText(line.currency),
    };
  });
  return { items, text: asText(raw.text) };
}

export function readTemplate(payload: unknown) {
  const raw = asObject(payload);
  const header = asObject(raw.header);
  return {
    name: asText(raw.name),
    language: asText(raw.language),
    header: asText(raw.header) ?? asText(header.text),
    footer: asText(raw.footer) ?? asText(asObject(raw.footer).text),
    buttons: readButtons(raw.buttons),
  };
}

export const readUnsupported = (payload: unknown) => ({ title: asText(asObject(payload).title) });
