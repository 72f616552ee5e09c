// Runs a program of tools/ (TypeScript 5 and Biome live there, see tools/package.json), installing them at first use.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tools = join(root, 'tools');

export function ensureTools() {
  const lock = readFileSync(join(tools, 'package-lock.json'), 'utf8');
  const stamp = join(tools, 'node_modules', '.installed-from');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  const npm = process.env.npm_execpath;
  if (!npm) throw new Error('Run this through npm, for example `npm run lint`.');
  const done = spawnSync(process.execPath, [npm, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: tools,
    stdio: 'inherit',
  });
  if (done.status !== 0) process.exit(done.status ?? 1);
  writeFileSync(stamp, lock);
}

export function runTool(name, args) {
  ensureTools();
  const folder = join(tools, 'node_modules');
  const bins = { biome: '@biomejs/biome/bin/biome', 'openapi-typescript': 'openapi-typescript/bin/cli.js' };
  const done = spawnSync(process.execPath, [join(folder, bins[name]), ...args], { cwd: root, stdio: 'inherit' });
  return done.status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name, ...args] = process.argv.slice(2);
  process.exit(runTool(name, args));
}
