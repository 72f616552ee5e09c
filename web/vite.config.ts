import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import type { UserConfig } from 'vite';
import { defineConfig } from 'vitest/config';
import { precompressed, themeScript } from './scripts/vite-plugins.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const server = `http://127.0.0.1:${process.env.INVEKTO_PORT ?? '8000'}`;

const entries: Record<string, string> = { index: here('./index.html') };
if (existsSync(here('./sandbox.html'))) entries.sandbox = here('./sandbox.html');

/**
 * Small things that the inbox needs at once and lazy pages need too. Left alone each becomes a file of its own, and a third of each is
 * wrapping; together they are one.
 */
const BASE =
  /@tabler\/icons-react\/.*Icon(AlarmSnooze|Check|Checks|ChevronDown|ChevronLeft|Clock|Dots|Hourglass|Inbox|MapPin|Microphone|Paperclip|Send|Template|X)\.mjs$|\/src\/shared\/(ui\/(Avatar|Button|ChannelMark|Chip|IconButton|Kbd|Phone)\.tsx|format\/|keys\/|offline\/|realtime\/|session\/)/;

const build: UserConfig['build'] = {
  target: 'es2022',
  outDir: 'dist',
  sourcemap: false,
  // Fonts and pictures stay files: data: URLs would defeat the immutable cache and the style budget.
  assetsInlineLimit: 0,
  manifest: true,
  rolldownOptions: { input: entries, output: { codeSplitting: { groups: [{ name: 'base', test: BASE }] } } },
};

export default defineConfig({
  plugins: [react(), themeScript(here('./src/app/theme-boot.js')), precompressed()],
  resolve: { alias: { '@': here('./src') } },
  build,
  server: {
    host: '127.0.0.1',
    // The origin is rewritten because the server accepts changes only from its own public URL.
    proxy: { '/api': { target: server, changeOrigin: true, ws: true, headers: { origin: server } } },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/shared/testing/setup.ts'],
    css: false,
  },
});
