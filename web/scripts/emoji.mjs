// Makes src/features/conversations/emoji/{tr,en}.json: every emoji with its name and search words, from CLDR's annotations.
// node scripts/emoji.mjs FOLDER, where FOLDER/node_modules holds emojibase-data 17, cldr-annotations-full and -derived-full 48.
// These packages weigh 200 MB, so they are no dependencies of ours; run it again when Unicode adds emoji.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = join(process.argv[2] ?? '.', 'node_modules');
const target = join(dirname(fileURLToPath(import.meta.url)), '../src/features/conversations/emoji');
const NEWEST = 15.1; // What phones of the last years can draw.
const GROUPS = {
  tr: [
    'Yüzler',
    'İnsanlar',
    null,
    'Hayvanlar ve doğa',
    'Yiyecek ve içecek',
    'Gezi',
    'Etkinlik',
    'Nesneler',
    'Semboller',
    'Bayraklar',
  ],
  en: ['Faces', 'People', null, 'Animals and nature', 'Food and drink', 'Travel', 'Activities', 'Objects', 'Symbols', 'Flags'],
};
const read = (path) => JSON.parse(readFileSync(join(packages, path), 'utf8'));
const all = read('emojibase-data/en/data.json').filter((one) => one.group !== undefined && one.version <= NEWEST);

mkdirSync(target, { recursive: true });
for (const [locale, names] of Object.entries(GROUPS)) {
  const known = {
    ...read(`cldr-annotations-derived-full/annotationsDerived/${locale}/annotations.json`).annotationsDerived.annotations,
    ...read(`cldr-annotations-full/annotations/${locale}/annotations.json`).annotations.annotations,
  };
  const groups = names.flatMap((name, group) => {
    if (name === null) return [];
    const emoji = all
      .filter((one) => one.group === group)
      .sort((a, b) => a.order - b.order)
      .map((one) => {
        const found = known[one.emoji] ?? known[one.emoji.replace(/\uFE0F/g, '')];
        const label = found?.tts?.[0] ?? one.label;
        const words = (found?.default ?? one.tags ?? []).filter((word) => word !== label && !label.includes(word));
        return [one.emoji, label, words.join(' ')].join('|');
      });
    return [{ name, emoji }];
  });
  writeFileSync(join(target, `${locale}.json`), `${JSON.stringify(groups, null, 2)}\n`);
}
