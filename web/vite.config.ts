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
 * wrapping; together they are one, with the router, which packs better beside them.
 */
const BASE =
  /@tabler\/icons-react\/.*Icon(AddressBook|AlarmSnooze|Check|Checks|ChevronDown|ChevronLeft|Clock|Dots|FileText|HandClick|Hourglass|Inbox|MapPin|Microphone|MoodSmile|Paperclip|Photo|Send|ShoppingCart|Sticker|Template|Video|X)\.mjs$|\/src\/shared\/(ui\/(Avatar|Button|ChannelMark|Chip|IconButton|Kbd|Phone|Ticks)\.tsx|format\/|keys\/|offline\/|realtime\/|session\/|ui\/(showError|toasts)\.ts$)|\/src\/features\/conversations\/model\/nav\.ts$|\/@tanstack\/(history|router-core|react-router)\//;

/** The same for what an open conversation needs at once. */
const THREAD =
  /@tabler\/icons-react\/.*Icon(ArrowDown|DeviceMobile|Lock)\.mjs$|\/src\/(features\/conversations\/model\/(actions|find|messageMenu|queries)|shared\/api\/payloads|shared\/media\/following)\.ts$/;

const build: UserConfig['build'] = {
  target: 'es2022',
  outDir: 'dist',
  sourcemap: false,
  // Fonts and pictures stay files: data: URLs would defeat the immutable cache and the style budget.
  assetsInlineLimit: 0,
  manifest: true,
  rolldownOptions: {
    input: entries,
    output: {
      codeSplitting: {
        groups: [
          { name: 'base', test: BASE },
          { name: 'thread', test: THREAD },
        ],
      },
    },
  },
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
