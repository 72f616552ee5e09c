import { describe, expect, test } from 'vitest';
import { readMarks } from './marks';
import { folded, groundOf, initials, phoneText, playTime } from './text';
import { dayKey, listTime, span, zonedTime } from './time';

const NOW = Date.parse('2026-11-24T20:30:00Z'); // 23:30 on Tuesday in Istanbul

describe('times in the firm’s zone', () => {
  test('a day ends at the firm’s midnight, not at ours', () => {
    expect(dayKey('2026-11-23T21:30:00Z')).toBe('2026-11-24');
  });

  test('a list shows the clock today, the word for yesterday, then weekday, then date', () => {
    expect(listTime('2026-11-24T07:42:00Z', NOW, 'Dün')).toBe('10:42');
    expect(listTime('2026-11-23T12:00:00Z', NOW, 'Dün')).toBe('Dün');
    expect(listTime('2026-11-21T12:00:00Z', NOW, 'Dün')).toBe('Cmt');
    expect(listTime('2026-10-02T12:00:00Z', NOW, 'Dün')).toBe('2 Eki');
    expect(listTime('2025-10-02T12:00:00Z', NOW, 'Dün')).toBe('02.10.2025');
  });

  test('a wall-clock time becomes the right moment, also across a change of the clocks', () => {
    expect(zonedTime(2026, 11, 25, 9).toISOString()).toBe('2026-11-25T06:00:00.000Z');
    expect(zonedTime(2026, 3, 29, 9, 0, 'Europe/Berlin').toISOString()).toBe('2026-03-29T07:00:00.000Z');
    expect(zonedTime(2026, 3, 28, 9, 0, 'Europe/Berlin').toISOString()).toBe('2026-03-28T08:00:00.000Z');
  });

  test('a day beyond the month’s end carries over', () => {
    expect(zonedTime(2026, 11, 31, 9).toISOString()).toBe('2026-12-01T06:00:00.000Z');
  });

  test('a span never shows a negative minute', () => {
    expect(span(-5000)).toEqual({ days: 0, hours: 0, minutes: 0 });
    expect(span(71 * 60_000)).toEqual({ days: 0, hours: 1, minutes: 11 });
  });
});

describe('names and numbers', () => {
  test('initials are first and last, in Turkish capitals', () => {
    expect(initials('irem özkan')).toBe('İÖ');
    expect(initials('Ömer Faruk Çelik')).toBe('ÖÇ');
    expect(initials('@aysegul.dogan')).toBe('AD');
    expect(initials('+90 555 010 72 16')).toBe('');
  });

  test('a person keeps one colour', () => {
    expect(groundOf('0190f3c2')).toBe(groundOf('0190f3c2'));
  });

  test('Turkish letters fold onto one another', () => {
    expect(folded('IŞIK')).toBe(folded('ışık'));
    expect(folded('Işik')).toBe(folded('ışık'));
    expect(folded('İREM')).toBe('irem');
  });

  test('a Turkish number is grouped, a foreign one gets its plus, a name stays', () => {
    expect(phoneText('905550104418')).toBe('+90 555 010 44 18');
    expect(phoneText('4915112345678')).toBe('+4915112345678');
    expect(phoneText('@gulsah.yldrm')).toBe('@gulsah.yldrm');
  });

  test('a length that is not known yet reads as nothing', () => {
    expect(playTime(Number.NaN)).toBe('0:00');
    expect(playTime(62.4)).toBe('1:02');
  });
});

describe('marks in a text', () => {
  test('stars, lines and tildes at word edges are marks; inside a word they are not', () => {
    expect(readMarks('*kalın* ve _eğik_').map((piece) => piece.kind)).toEqual(['bold', 'text', 'italic']);
    expect(readMarks('2*3*4 snake_case_name')).toEqual([{ kind: 'text', text: '2*3*4 snake_case_name' }]);
  });

  test('a customer’s text that is made to be slow is read at once', () => {
    const parts = ['https://a:', 'https://a', '*a ', '*_~', '```', 'www.a', 'www.', '_a *b ~c ', ' ', '*', '(', ':'];
    const began = performance.now();
    for (const part of parts)
      for (const end of ['', '!', '\u0000', '\n*']) {
        const text = part.repeat(60_000 / part.length) + end;
        expect(readMarks(text).length).toBeGreaterThan(0);
        expect(readMarks(`https://a.example/${text}`).length).toBeGreaterThan(0);
      }
    // A message has up to 65,536 letters. One that took its square took seconds; all of them take a fifth of one.
    expect(performance.now() - began).toBeLessThan(1500);
  });

  test('the full stop after an address is not part of it', () => {
    expect(readMarks('https://a.example/x?!.')[0]).toEqual({
      kind: 'link',
      text: 'https://a.example/x',
      href: 'https://a.example/x',
    });
    expect(readMarks('Bakın: https://a.example/x.')).toEqual([
      { kind: 'text', text: 'Bakın: ' },
      { kind: 'link', text: 'https://a.example/x', href: 'https://a.example/x' },
      { kind: 'text', text: '.' },
    ]);
  });

  test('nothing but web addresses becomes a link', () => {
    expect(readMarks('javascript:alert(1) data:text/html,x').every((piece) => piece.kind === 'text')).toBe(true);
  });

  test('no text is lost', () => {
    const text = '```kod *x*``` *a* b_ ~c~ www.ornek.com/a(b) son*';
    const plain = (pieces: ReturnType<typeof readMarks>): string =>
      pieces.map((piece) => ('pieces' in piece ? plain(piece.pieces) : piece.text)).join('');
    expect(plain(readMarks(text))).toBe('kod *x* a b_ c www.ornek.com/a(b) son*');
  });
});
