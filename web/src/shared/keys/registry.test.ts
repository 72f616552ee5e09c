import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { dropWord, enableShortcuts, handleKey, holdKeys, keyOf, registerKey } from './registry';

let ran: string[] = [];
let stops: (() => void)[] = [];
const on = (keys: string, whileTyping = false) => stops.push(registerKey({ keys, whileTyping, run: () => ran.push(keys) }));

function press(key: string, init: KeyboardEventInit & { target?: HTMLElement } = {}): KeyboardEvent {
  const target = init.target ?? document.body;
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init });
  const listen = (held: Event) => handleKey(held as KeyboardEvent);
  target.addEventListener('keydown', listen, { once: true });
  target.dispatchEvent(event);
  return event;
}

beforeEach(() => {
  ran = [];
  stops = [];
  enableShortcuts(true);
});

afterEach(() => {
  press('Escape');
  for (const stop of stops) stop();
  document.body.replaceChildren();
});

describe('which key was meant', () => {
  test('a Turkish layout is read by its character, wherever the key lies', () => {
    expect(keyOf({ key: 'e', code: 'KeyQ' })).toBe('e');
    expect(keyOf({ key: 'ı', code: 'KeyI' })).toBe('ı');
  });

  test('an Arabic or Cyrillic layout is read by the physical key', () => {
    expect(keyOf({ key: 'ث', code: 'KeyE' })).toBe('e');
    expect(keyOf({ key: 'о', code: 'KeyJ' })).toBe('j');
  });

  test('caps lock changes nothing', () => {
    expect(keyOf({ key: 'J', code: 'KeyJ' })).toBe('j');
  });
});

describe('shortcuts', () => {
  test('a letter runs its command, and the browser does nothing else', () => {
    on('e');
    expect(press('e').defaultPrevented).toBe(true);
    expect(ran).toEqual(['e']);
  });

  test('they are off while somebody types', () => {
    on('e');
    const input = document.body.appendChild(document.createElement('textarea'));
    press('e', { target: input });
    expect(ran).toEqual([]);
  });

  test('they are off inside a dialog, but its own Escape is not', () => {
    on('e');
    const dialog = document.body.appendChild(document.createElement('div'));
    dialog.setAttribute('role', 'dialog');
    press('e', { target: dialog });
    expect(ran).toEqual([]);
  });

  test('Ctrl, Alt and Shift leave a letter to others, and so does composition', () => {
    on('e');
    press('e', { ctrlKey: true });
    press('e', { altKey: true });
    press('E', { shiftKey: true });
    press('e', { isComposing: true });
    expect(ran).toEqual([]);
  });

  test('g and a letter go to a place; without g the letter is its own', () => {
    on('g u');
    on('u');
    press('g');
    press('u');
    press('u');
    expect(ran).toEqual(['g u', 'u']);
  });

  test('switched off, letters do nothing and Escape still does', () => {
    enableShortcuts(false);
    on('e');
    on('Escape', true);
    press('e');
    press('Escape');
    expect(ran).toEqual(['Escape']);
  });

  test('the newest of two commands on one key wins until it goes', () => {
    on('Escape');
    const stop = registerKey({ keys: 'Escape', run: () => ran.push('dialog') });
    press('Escape');
    stop();
    press('Escape');
    expect(ran).toEqual(['dialog', 'Escape']);
  });
});

describe('words whose field is not there', () => {
  const field = () => document.body.appendChild(document.createElement('textarea'));
  const word = (text: string) => {
    for (const letter of text) press(letter);
  };

  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse('2026-11-24T10:00:00Z') });
    for (const key of ['e', 'a', 's', 'j']) on(key);
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test('a field that goes while one types takes its word with it; after a rest letters are commands again', () => {
    const input = field();
    press('j', { target: input });
    input.remove();
    for (let letter = 0; letter < 5; letter += 1) {
      vi.advanceTimersByTime(600);
      word('e');
    }
    expect(ran).toEqual([]);
    vi.advanceTimersByTime(1500);
    press('e');
    expect(ran).toEqual(['e']);
  });

  test('a word that was ended by Enter is over: what closes its field may be followed by a command', () => {
    const input = field();
    press('j', { target: input });
    press('Enter', { target: input });
    input.remove();
    press('e');
    expect(ran).toEqual(['e']);
  });

  test('Escape gives the letters back at once', () => {
    dropWord();
    word('ea');
    press('Escape');
    press('e');
    expect(ran).toEqual(['e']);
  });

  test('while a field is awaited letters do nothing, however long it takes', () => {
    const release = holdKeys();
    word('ea');
    vi.advanceTimersByTime(60_000);
    word('s');
    expect(ran).toEqual([]);
    release();
    release();
    press('s');
    expect(ran).toEqual(['s']);
  });
});
