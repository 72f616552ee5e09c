import { cleanup, render } from '@testing-library/react';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { startI18n } from '@/shared/i18n/i18n';
import { message } from '@/shared/testing/rows';
import thread from '../../i18n/thread.tr.json';
import { Activity } from './Activity';

beforeAll(() => {
  const strings = async () => ({ default: { thread } });
  return startI18n({ tr: strings, en: strings });
});

afterEach(cleanup);

const said = (payload: object) => {
  const line = message({ type: 'system', text: null, payload: { action: 'number_changed', ...payload } });
  const { container } = render(<Activity message={line} />);
  return container.querySelector('span')?.textContent;
};

test.each([
  [{ from: '905550104418', to: '+905550104419' }, 'Numara değişti: +90 555 010 44 18 yerine +90 555 010 44 19'],
  [{ from: '905550104418', to: '+905550104418' }, 'Numara değişti: +90 555 010 44 18'],
  [{ to: '905550104419' }, 'Numara değişti: +90 555 010 44 19'],
])('a changed number is named once, and the former one beside it where it is another', (payload, sentence) => {
  expect(said(payload)).toBe(sentence);
});
