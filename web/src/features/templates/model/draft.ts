/** What the editor holds of a template, made into the provider's shape and read back from it. Pure. */
import type { Template } from '../api';
import { buttonsOf, type Component, namesIn, partOf, type TemplateButton } from './template';

export type Format = Template['parameter_format'];
export const HEADERS = ['NONE', 'TEXT', 'IMAGE', 'VIDEO', 'DOCUMENT', 'LOCATION'] as const;
export type HeaderKind = (typeof HEADERS)[number];
export const BUTTON_KINDS = ['QUICK_REPLY', 'URL', 'PHONE_NUMBER', 'COPY_CODE'] as const;
export type ButtonKind = (typeof BUTTON_KINDS)[number];
export const CATEGORIES = ['UTILITY', 'MARKETING', 'AUTHENTICATION'] as const;
/** How many of a kind a template may have. */
export const BUTTON_LIMITS: Record<ButtonKind, number> = { QUICK_REPLY: 10, URL: 2, PHONE_NUMBER: 1, COPY_CODE: 1 };
export const BUTTONS_MAX = 10;
export const LIMITS = { header: 60, body: 1024, footer: 60, button: 25 } as const;

export interface DraftButton {
  id: string;
  kind: ButtonKind;
  text: string;
  /** The address, with `{{1}}` at its end when that is the customer's own. */
  url: string;
  phone: string;
  /** What stands for the address's end, or the code, while it is reviewed. */
  sample: string;
}

export interface Draft {
  name: string;
  language: string;
  category: string;
  format: Format;
  header: HeaderKind;
  headerText: string;
  /** The provider's word for the uploaded example of the header's file. */
  handle: string | null;
  body: string;
  footer: string;
  buttons: DraftButton[];
  /** Examples of variables by their keys: `header.1`, `body.name`. */
  samples: Record<string, string>;
  /** Only for AUTHENTICATION, whose texts WhatsApp writes. */
  advice: boolean;
  minutes: string;
}

export const newDraft = (): Draft => ({
  name: '',
  language: 'tr',
  category: 'UTILITY',
  format: 'POSITIONAL',
  header: 'NONE',
  headerText: '',
  handle: null,
  body: '',
  footer: '',
  buttons: [],
  samples: {},
  advice: true,
  minutes: '10',
});

let made = 0;
export const newButton = (kind: ButtonKind): DraftButton => {
  made += 1;
  return { id: `button-${made}`, kind, text: '', url: '', phone: '', sample: '' };
};

/** A new button stands with its like: quick replies must not be mixed with others. */
export function withButton(buttons: DraftButton[], kind: ButtonKind): DraftButton[] {
  const fresh = newButton(kind);
  const replies = buttons.findLastIndex((one) => one.kind === 'QUICK_REPLY');
  if (kind !== 'QUICK_REPLY' || replies < 0) return [...buttons, fresh];
  return buttons.toSpliced(replies + 1, 0, fresh);
}

export const hasTail = (url: string): boolean => url.includes('{{');
const withoutTail = (url: string): string => url.replace(/\{\{[^{}]*\}\}/g, '');

export const headerVariables = (draft: Draft): string[] => (draft.header === 'TEXT' ? namesIn(draft.headerText) : []);
export const bodyVariables = (draft: Draft): string[] => namesIn(draft.body);

/** The next free number, or a name that is not taken. */
export function nextVariable(text: string, format: Format, wish = ''): string {
  const names = namesIn(text);
  if (format === 'POSITIONAL') {
    let number = 1;
    while (names.includes(String(number))) number += 1;
    return String(number);
  }
  const plain = variableName(wish);
  let name = plain;
  for (let number = 2; names.includes(name); number += 1) name = `${plain}_${number}`;
  return name;
}

const LETTERS: Record<string, string> = { ç: 'c', ğ: 'g', ı: 'i', ö: 'o', ş: 's', ü: 'u' };
const plainLetters = (text: string): string =>
  text
    .trim()
    .toLocaleLowerCase('tr')
    .replace(/[çğıöşü]/g, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');

/** `Müşteri adı` → `musteri_adi`: a name begins with a letter. */
export const variableName = (wish: string): string => plainLetters(wish).replace(/^[0-9_]+/, '') || 'ad';

/** `Randevu Onayı` → `randevu_onayi`, while it is typed: an underscore at the end may be the beginning of a word. */
export const templateName = (wish: string): string => {
  const plain = plainLetters(wish.replace(/^[\s_]+/, ''));
  return /[\s_-]$/.test(wish) && plain ? `${plain}_` : plain;
};

/** Renames the variables of all texts to the other way of writing them; examples go with them. */
export function withFormat(draft: Draft, format: Format): Draft {
  if (format === draft.format) return draft;
  const samples: Record<string, string> = {};
  const renamed = (text: string, where: 'header' | 'body') => {
    const names = namesIn(text);
    const fresh = new Map(names.map((name, place) => [name, format === 'NAMED' ? `bilgi_${place + 1}` : String(place + 1)]));
    for (const [old, name] of fresh) {
      const sample = draft.samples[`${where}.${old}`];
      if (sample) samples[`${where}.${name}`] = sample;
    }
    return text.replace(/\{\{\s*([^{}]*?)\s*\}\}/g, (whole, name: string) => {
      const next = fresh.get(name);
      return next ? `{{${next}}}` : whole;
    });
  };
  const headerText = renamed(draft.headerText, 'header');
  const body = renamed(draft.body, 'body');
  return { ...draft, format, headerText, body, samples };
}

// The provider's shape ---------------------------------------------------------------------------------------------

export function componentsOf(draft: Draft): Component[] {
  if (draft.category === 'AUTHENTICATION') return authentication(draft);
  const parts: Component[] = [];
  const header = headerOf(draft);
  if (header) parts.push(header);
  parts.push({ type: 'BODY', text: draft.body, ...examples(draft, 'body', bodyVariables(draft)) });
  if (draft.footer.trim()) parts.push({ type: 'FOOTER', text: draft.footer });
  if (draft.buttons.length > 0) parts.push({ type: 'BUTTONS', buttons: draft.buttons.map(wireButton) });
  return parts;
}

function authentication(draft: Draft): Component[] {
  const minutes = draft.minutes.trim();
  return [
    { type: 'BODY', add_security_recommendation: draft.advice },
    ...(minutes ? [{ type: 'FOOTER', code_expiration_minutes: /^\d+$/.test(minutes) ? Number(minutes) : minutes }] : []),
    { type: 'BUTTONS', buttons: [{ type: 'OTP', otp_type: 'COPY_CODE' }] },
  ];
}

function headerOf(draft: Draft): Component | null {
  switch (draft.header) {
    case 'NONE':
      return null;
    case 'TEXT':
      return { type: 'HEADER', format: 'TEXT', text: draft.headerText, ...examples(draft, 'header', headerVariables(draft)) };
    case 'LOCATION':
      return { type: 'HEADER', format: 'LOCATION' };
    default:
      return { type: 'HEADER', format: draft.header, ...(draft.handle ? { example: { header_handle: [draft.handle] } } : {}) };
  }
}

function examples(draft: Draft, where: 'header' | 'body', names: string[]): Pick<Component, 'example'> {
  if (names.length === 0) return {};
  const sample = (name: string) => draft.samples[`${where}.${name}`]?.trim() ?? '';
  const key = `${where}_text`;
  if (draft.format === 'NAMED') {
    return { example: { [`${key}_named_params`]: names.map((name) => ({ param_name: name, example: sample(name) })) } };
  }
  const row = names.toSorted((a, b) => Number(a) - Number(b)).map(sample);
  return { example: { [key]: where === 'body' ? [row] : row } };
}

function wireButton(button: DraftButton): TemplateButton {
  const { kind, text } = button;
  const sample = button.sample.trim();
  switch (kind) {
    case 'QUICK_REPLY':
      return { type: kind, text };
    case 'PHONE_NUMBER':
      return { type: kind, text, phone_number: button.phone.replace(/[\s()-]/g, '') };
    case 'COPY_CODE':
      return { type: kind, example: sample };
    case 'URL': {
      const url = button.url.trim();
      const whole = sample && !/^https?:/.test(sample) ? withoutTail(url) + sample : sample;
      return { type: kind, text, url, ...(hasTail(url) ? { example: whole ? [whole] : [] } : {}) };
    }
  }
}

// Reading it back --------------------------------------------------------------------------------------------------

const PARTS = new Set(['HEADER', 'BODY', 'FOOTER', 'BUTTONS']);

/** Carousels, offers and flow buttons are made elsewhere; here they would be lost by an edit. */
export function isEditable({ category, components, header_format }: Template): boolean {
  const buttons = buttonsOf(components);
  const known = (type: string) => (category === 'AUTHENTICATION' ? type === 'OTP' : BUTTON_KINDS.some((kind) => kind === type));
  return (
    components.every((one) => PARTS.has(one.type?.toUpperCase())) &&
    (header_format === null || HEADERS.some((kind) => kind === header_format)) &&
    buttons.every((button) => known(button.type?.toUpperCase()))
  );
}

/** The example of a header's file is the provider's now: an edit needs it anew. */
export function draftOf(template: Template): Draft {
  const { components, variables } = template;
  const header = partOf(components, 'HEADER');
  const samples = Object.fromEntries(
    variables.filter(({ where, example }) => where !== 'button' && example).map(({ key, example }) => [key, example ?? '']),
  );
  const minutes = partOf(components, 'FOOTER')?.code_expiration_minutes;
  return {
    ...newDraft(),
    name: template.name,
    language: template.language,
    category: template.category,
    format: template.parameter_format,
    header: header ? ((template.header_format ?? 'TEXT') as HeaderKind) : 'NONE',
    headerText: header?.text ?? '',
    body: partOf(components, 'BODY')?.text ?? '',
    footer: partOf(components, 'FOOTER')?.text ?? '',
    buttons: template.category === 'AUTHENTICATION' ? [] : buttonsOf(components).map(readButton),
    samples,
    advice: partOf(components, 'BODY')?.add_security_recommendation !== false,
    minutes: typeof minutes === 'number' ? String(minutes) : '',
  };
}

function readButton(button: TemplateButton): DraftButton {
  const kind = button.type.toUpperCase() as ButtonKind;
  const example = Array.isArray(button.example) ? (button.example[0] ?? '') : (button.example ?? '');
  const url = button.url ?? '';
  const base = withoutTail(url);
  const sample = kind === 'URL' && base && example.startsWith(base) ? example.slice(base.length) : example;
  return { ...newButton(kind), text: button.text ?? '', url, phone: button.phone_number ?? '', sample };
}

// Where a problem stands -------------------------------------------------------------------------------------------

/** The form's place of a path in the draft: `body`, `sample.body.1`, `button.0.url`, ... */
export function placeOf(path: string, params: Record<string, unknown>, components: Component[]): string {
  const [root, index, ...rest] = path.split('.');
  if (root !== 'components') return root ?? '';
  const type = components[Number(index)]?.type;
  const [field, button, part] = rest;
  switch (type) {
    case 'HEADER':
      if (field !== 'example') return 'header';
      return params.variable === undefined ? 'file' : `sample.header.${params.variable}`;
    case 'FOOTER':
      return field === 'code_expiration_minutes' ? 'minutes' : 'footer';
    case 'BUTTONS':
      return field === 'buttons' && button !== undefined ? `button.${button}.${part ?? 'text'}` : 'buttons';
    default:
      return field === 'example' && params.variable !== undefined ? `sample.body.${params.variable}` : 'body';
  }
}
