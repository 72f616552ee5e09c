import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import en from './en.json';
import tr from './tr.json';

const FAMILIES = [
  'problem_',
  'preview_',
  'status_',
  'fault_',
  'window_',
  'windowHold_',
  'direction_',
  'scenario_',
  'parameter_',
  'template_',
  'quality_',
  'category_',
  'reason_',
  'review_',
];
const root = join(process.cwd(), 'src/sandbox');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(root, name), 'utf8'))
  .join('\n');
const variables = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe('the strings of the phone page', () => {
  test('both languages have the same keys and each text the same variables', () => {
    expect(Object.keys(en)).toEqual(Object.keys(tr));
    for (const [key, text] of Object.entries(tr)) expect(variables(en[key as keyof typeof en]), key).toEqual(variables(text));
  });

  test('every text is used somewhere', () => {
    const unused = Object.keys(tr).filter(
      (key) => !sources.includes(`'${key}'`) && !FAMILIES.some((family) => key.startsWith(family)),
    );
    expect(unused).toEqual([]);
  });
});
