// Fails when what the inbox loads at first is heavier than agreed. Counts gzip bytes of the built files.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), '../dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));
const LIMITS = { inboxJs: 180, conversationJs: 200, inboxCss: 40, lazyJs: 130 };

const gz = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length / 1000;

function closure(keys, seen = new Set()) {
  for (const key of keys) {
    if (seen.has(key)) continue;
    const chunk = manifest[key];
    if (!chunk) throw new Error(`${key} is not in the build's manifest`);
    seen.add(key);
    closure(chunk.imports ?? [], seen);
  }
  return seen;
}

function weigh(keys) {
  const chunks = [...closure(keys)].map((key) => manifest[key]);
  const css = new Set(chunks.flatMap((chunk) => chunk.css ?? []));
  return {
    js: chunks.filter((c) => c.file.endsWith('.js')).reduce((sum, c) => sum + gz(c.file), 0),
    css: [...css].reduce((sum, file) => sum + gz(file), 0),
  };
}

const find = (end) => {
  const key = Object.keys(manifest).find((name) => name.endsWith(end));
  if (!key) throw new Error(`no chunk ends in ${end}`);
  return key;
};

const shell = ['index.html', find('app/i18n/tr.ts')];
const inbox = weigh([...shell, find('routes/inbox.tsx')]);
const conversation = weigh([...shell, find('routes/inbox.tsx'), find('thread/ConversationPane.tsx')]);
const rows = [
  ['inbox, first load JS', inbox.js, LIMITS.inboxJs],
  ['inbox with an open conversation, JS', conversation.js, LIMITS.conversationJs],
  ['inbox, CSS', inbox.css, LIMITS.inboxCss],
];
for (const [key, chunk] of Object.entries(manifest)) {
  if (chunk.isDynamicEntry && !key.includes('routes/inbox')) {
    const before = closure(['index.html']);
    const own = [...closure([key])].filter((k) => !before.has(k)).reduce((sum, k) => sum + gz(manifest[k].file), 0);
    rows.push([`lazy ${key.replace(/^src\//, '')}`, own, LIMITS.lazyJs]);
  }
}

let failed = false;
for (const [name, kb, limit] of rows) {
  const over = kb > limit;
  failed ||= over;
  console.log(`${over ? 'OVER ' : 'ok   '} ${kb.toFixed(1).padStart(7)} / ${limit} kB gz  ${name}`);
}
process.exit(failed ? 1 : 0);
