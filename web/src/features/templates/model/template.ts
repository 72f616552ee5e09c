/** Reads a template in the provider's shape, and fills it in as the customer will see it. Makes no HTML. */
import type { Template, TemplateVariable } from '../api';

export interface TemplateButton {
  type: string;
  text?: string;
  url?: string;
  phone_number?: string;
  example?: string | string[];
  [other: string]: unknown;
}

export interface Component {
  type: string;
  format?: string;
  text?: string;
  buttons?: TemplateButton[];
  example?: Record<string, unknown>;
  [other: string]: unknown;
}

export type MediaHeader = 'image' | 'video' | 'document';
export type Values = Record<string, string>;

/** What a bubble shows; variables that have no value yet stay as `{{1}}`. */
export interface Shown {
  header: { format: string; text: string | null } | null;
  body: string;
  footer: string | null;
  buttons: { type: string; title: string; detail: string | null }[];
}

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const VALUE_MAX = 1024;
const CODE_MAX = 15;
const OPTIONAL = new Set(['header.name', 'header.address']);
const DEGREES: Record<string, number> = { 'header.latitude': 90, 'header.longitude': 180 };

export const partOf = (components: Component[], type: string): Component | undefined =>
  components.find((one) => one.type?.toUpperCase() === type);

export const buttonsOf = (components: Component[]): TemplateButton[] => partOf(components, 'BUTTONS')?.buttons ?? [];

/** The variables of a text, each once, in order. */
export const namesIn = (text: string): string[] => [...new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''))];

export function fillIn(text: string, where: 'header' | 'body', values: Values): string {
  return text.replace(PLACEHOLDER, (whole, name: string) => values[`${where}.${name}`]?.trim() || whole);
}

export function mediaHeader(format: string | null): MediaHeader | null {
  const kind = format?.toLowerCase();
  return kind === 'image' || kind === 'video' || kind === 'document' ? kind : null;
}

export function shown(components: Component[], values: Values): Shown {
  const header = partOf(components, 'HEADER');
  const format = (header?.format ?? 'TEXT').toUpperCase();
  return {
    header: header
      ? { format, text: format === 'LOCATION' ? place(values) : header.text ? fillIn(header.text, 'header', values) : null }
      : null,
    body: fillIn(partOf(components, 'BODY')?.text ?? '', 'body', values),
    footer: partOf(components, 'FOOTER')?.text ?? null,
    buttons: buttonsOf(components).map((button, index) => shownButton(button, values[`button.${index}`] ?? '')),
  };
}

const place = (values: Values): string | null =>
  [values['header.name'], values['header.address']].filter((part) => part?.trim()).join(', ') || null;

function shownButton(button: TemplateButton, value: string) {
  const type = button.type?.toUpperCase() ?? '';
  const details: Record<string, string | undefined> = {
    URL: button.url?.replace(PLACEHOLDER, (whole) => value || whole),
    PHONE_NUMBER: button.phone_number,
    COPY_CODE: value || undefined,
  };
  return { type, title: button.text ?? '', detail: details[type] ?? null };
}

export type ValueProblem = 'required' | 'lineBreak' | 'tooLong' | 'degrees';

/** What the provider would refuse in a value. An empty one is `required`, unless it may stay empty. */
export function valueProblem(variable: TemplateVariable, value: string): ValueProblem | null {
  if (value.trim() === '') return OPTIONAL.has(variable.key) ? null : 'required';
  if (/[\n\r\t]| {5,}/.test(value)) return 'lineBreak';
  const most = DEGREES[variable.key];
  if (most !== undefined && !(Math.abs(Number(value)) <= most)) return 'degrees';
  return value.length > VALUE_MAX ? 'tooLong' : null;
}

/** A copied code is shorter than other values. */
export function problemOf(template: Template, variable: TemplateVariable, value: string): ValueProblem | null {
  const found = valueProblem(variable, value);
  const code = variable.index !== null && buttonsOf(template.components)[variable.index]?.type?.toUpperCase() === 'COPY_CODE';
  return found ?? (code && value.length > CODE_MAX ? 'tooLong' : null);
}

export const isOptional = (variable: TemplateVariable): boolean => OPTIONAL.has(variable.key);

/** `1` of `body.1`, `latitude` of `header.latitude`. */
export const nameOf = (variable: TemplateVariable): string => variable.key.slice(variable.key.indexOf('.') + 1);

/** Variables that greet: the first numbered one of the text, and those that are called so. */
const GREETS = new Set(['body.1', 'body.ad', 'body.isim', 'body.first_name', 'header.ad', 'header.isim', 'header.first_name']);

/** The first name of somebody whom no conversation knows yet, as the server suggests it for the others. */
export function greeting(template: Template, name: string | undefined): Values {
  const [first] = (name ?? '').trim().split(/\s+/);
  if (!first || !/\p{L}/u.test(first)) return {};
  return Object.fromEntries(template.variables.filter(({ key }) => GREETS.has(key)).map(({ key }) => [key, first]));
}
