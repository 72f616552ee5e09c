import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/**
 * Puts a small classic script before everything else, so that the first paint has the chosen theme.
 * It is a file of its own because the page's content policy forbids inline scripts.
 */
export function themeScript(file: string): Plugin {
  const marker = '<!-- theme-script -->';
  let url = `/${file.slice(file.indexOf('src/'))}`;
  return {
    name: 'invekto-theme-script',
    configResolved(config) {
      if (config.command !== 'build') return;
      const hash = createHash('sha256').update(readFileSync(file)).digest('base64url').slice(0, 8);
      url = `/assets/theme-${hash}.js`;
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: url.slice(1), source: readFileSync(file) });
    },
    transformIndexHtml: (html) => html.replace(marker, `<script src="${url}"></script>`),
  };
}

const TEXT = /\.(js|mjs|css|html|svg|json|webmanifest)$/;
const WORTHWHILE_BYTES = 1024;

/** Writes .br and .gz beside each text file: the server picks one by Accept-Encoding and compresses nothing itself. */
export function precompressed(): Plugin {
  let outDir = 'dist';
  return {
    name: 'invekto-precompressed',
    apply: 'build',
    configResolved(config) {
      outDir = config.build.outDir;
    },
    // Not closeBundle: that runs after a failed build too, and its own error would hide the real one.
    writeBundle() {
      for (const name of readdirSync(outDir, { recursive: true, encoding: 'utf8' })) {
        const path = join(outDir, name);
        if (!TEXT.test(name) || statSync(path).size < WORTHWHILE_BYTES) continue;
        const content = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
        writeFileSync(
          `${path}.br`,
          brotliCompressSync(content, {
            params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
          }),
        );
      }
    },
  };
}
