import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import accountsEn from '@/features/accounts/i18n/en.json';
import accountsTr from '@/features/accounts/i18n/tr.json';
import cannedEn from '@/features/canned/i18n/en.json';
import cannedTr from '@/features/canned/i18n/tr.json';
import channelsEn from '@/features/channels/i18n/en.json';
import channelsTr from '@/features/channels/i18n/tr.json';
import contactsEn from '@/features/contacts/i18n/en.json';
import fieldsEn from '@/features/contacts/i18n/fields.en.json';
import fieldsTr from '@/features/contacts/i18n/fields.tr.json';
import contactsTr from '@/features/contacts/i18n/tr.json';
import composeEn from '@/features/conversations/i18n/compose.en.json';
import composeTr from '@/features/conversations/i18n/compose.tr.json';
import threadEn from '@/features/conversations/i18n/thread.en.json';
import threadTr from '@/features/conversations/i18n/thread.tr.json';
import searchEn from '@/features/search/i18n/en.json';
import searchTr from '@/features/search/i18n/tr.json';
import settingsEn from '@/features/settings/i18n/en.json';
import settingsTr from '@/features/settings/i18n/tr.json';
import templatesEn from '@/features/templates/i18n/en.json';
import templatesTr from '@/features/templates/i18n/tr.json';
import en from './en';
import tr from './tr';

type Tree = { [key: string]: string | Tree };

const PLURAL = /_(zero|one|two|few|many|other)$/;

function flat(tree: Tree, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix ? `${prefix}.${key}` : key;
    if (typeof value === 'string') found.set(path, value);
    else for (const [inner, text] of flat(value, path)) found.set(inner, text);
  }
  return found;
}

const strings = {
  tr: flat({
    ...tr,
    canned: cannedTr,
    channels: channelsTr,
    compose: composeTr,
    accounts: accountsTr,
    thread: threadTr,
    contacts: contactsTr,
    search: searchTr,
    settings: settingsTr,
    fields: fieldsTr,
    templates: templatesTr,
  } as unknown as Tree),
  en: flat({
    ...en,
    canned: cannedEn,
    channels: channelsEn,
    compose: composeEn,
    accounts: accountsEn,
    thread: threadEn,
    contacts: contactsEn,
    search: searchEn,
    settings: settingsEn,
    fields: fieldsEn,
    templates: templatesEn,
  } as unknown as Tree),
};
/** Keys as code writes them: `namespace.key` without the plural's ending. */
const known = new Set([...strings.tr.keys()].map((key) => key.replace(PLURAL, '')));

const root = join(process.cwd(), 'src');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/\.test\.|\.d\.ts$/.test(name) && !name.startsWith('sandbox'))
  .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));

function usedIn(text: string): { literal: Set<string>; prefixes: Set<string>; called: Set<string> } {
  const namespace = /(?:useTranslation\(|getFixedT\(null, )'(\w+)'/.exec(text)?.[1] ?? 'shared';
  const qualify = (key: string) => (key.includes(':') ? key.replace(':', '.') : `${namespace}.${key}`);
  const literal = new Set<string>();
  const prefixes = new Set<string>();
  const called = new Set<string>();
  for (const match of text.matchAll(/'([\w.:-]+)'/g)) literal.add(qualify(match[1] ?? ''));
  for (const match of text.matchAll(/`([\w.:]+\.)\$\{/g)) prefixes.add(qualify(match[1] ?? ''));
  for (const match of text.matchAll(/(?<![\w.])(?:i18next\.)?t\(\s*'([\w.:-]+)'/g)) called.add(qualify(match[1] ?? ''));
  for (const match of text.matchAll(/i18nKey="([\w.:-]+)"/g)) called.add(qualify(match[1] ?? ''));
  return { literal: new Set([...literal, ...called]), prefixes, called };
}

describe('the strings of the client', () => {
  test('Turkish and English have the same keys', () => {
    expect([...strings.en.keys()].sort()).toEqual([...strings.tr.keys()].sort());
  });

  test('no text is empty, and each has the same variables in both languages', () => {
    const variables = (text: string | undefined) => [...(text ?? '').matchAll(/\{\{(\w+)/g)].map((m) => m[1]).sort();
    for (const [key, text] of strings.tr) {
      expect(text.trim(), key).not.toBe('');
      expect(variables(strings.en.get(key)), key).toEqual(variables(text));
    }
  });

  test('every key that code asks for exists', () => {
    const missing = sources.flatMap(({ name, text }) =>
      [...usedIn(text).called].filter((key) => !known.has(key)).map((key) => `${name}: ${key}`),
    );
    expect(missing).toEqual([]);
  });

  test('every key is asked for somewhere', () => {
    const all = sources.map(({ text }) => usedIn(text));
    const unused = [...known].filter(
      (key) => !all.some(({ literal, prefixes }) => literal.has(key) || [...prefixes].some((prefix) => key.startsWith(prefix))),
    );
    expect(unused).toEqual([]);
  });
});
