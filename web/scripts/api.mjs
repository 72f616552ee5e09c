// Makes src/shared/api/schema.d.ts from openapi.json (written by `invekto openapi`). `--check` fails when it would change.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTool } from './tools.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const committed = join(root, 'src/shared/api/schema.d.ts');
const check = process.argv.includes('--check');
const target = check ? join(root, 'node_modules/.schema-check.d.ts') : committed;

if (!existsSync(join(root, 'openapi.json'))) {
  console.error('web/openapi.json is missing. Write it with: invekto openapi > web/openapi.json');
  process.exit(1);
}
const status = runTool('openapi-typescript', ['openapi.json', '-o', target, '--root-types', '--root-types-no-schema-prefix']);
if (status !== 0) process.exit(status);
if (check) {
  const same = existsSync(committed) && readFileSync(target, 'utf8') === readFileSync(committed, 'utf8');
  rmSync(target);
  if (!same) {
    console.error('src/shared/api/schema.d.ts does not match openapi.json. Run: npm run api');
    process.exit(1);
  }
}
