/**
 * The one place that listens for shortcuts. A letter is matched as the character typed (so Turkish layouts work);
 * when the layout writes no Latin letter (Arabic, Cyrillic) the physical key decides. Off while somebody types, and while
 * somebody believes to type: words meant for a field must never run as commands.
 */

export interface KeyCommand {
  /** `e`, `?`, `Enter`, `Escape`, a letter after g: `g i`, or one with Ctrl (on Apple's computers Cmd), also while typing: `Ctrl e`. */
  keys: string;
  /** The sentence in the help dialog. Without one the command is not listed. */
  label?: string;
  group?: string;
  run: () => void;
  /** Also while typing; only for Escape and the like. */
  whileTyping?: boolean;
}

const STORAGE_KEY = 'invekto.shortcuts';
const PREFIX_MS = 1200;
/** Whoever is in the middle of a word rests no longer than this between two letters. */
const REST_MS = 1000;
const commands = new Set<KeyCommand>();
let prefixAt = 0;
let holds = 0;
/** The field that took the last letter, until another key ended the word. */
let typedIn: Element | null = null;
let typedAt = 0;
let lostAt = 0;
let enabled: boolean | null = null;

export function registerKey(command: KeyCommand): () => void {
  commands.add(command);
  return () => commands.delete(command);
}

export const registeredKeys = (): KeyCommand[] => [...commands];

/** Single-letter shortcuts can be switched off (WCAG 2.1.4): speech input would press them by accident. */
export function shortcutsEnabled(): boolean {
  enabled ??= localStorage.getItem(STORAGE_KEY) !== 'off';
  return enabled;
}

export function enableShortcuts(on: boolean): void {
  enabled = on;
  localStorage.setItem(STORAGE_KEY, on ? 'on' : 'off');
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement)
    return !['button', 'checkbox', 'radio', 'file', 'range', 'submit'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** A field was asked for and is not there yet: letters do nothing until the returned function is called. */
export function holdKeys(): () => void {
  let held = true;
  holds += 1;
  return () => {
    if (held) holds -= 1;
    held = false;
  };
}

/** A field was asked for and there will be none: the words already on their way do nothing. */
export function dropWord(): void {
  lostAt = Date.now();
}

/** Is this letter of a word whose field is not there? */
function isLost(): boolean {
  const now = Date.now();
  if (typedIn && !typedIn.isConnected) {
    typedIn = null;
    lostAt = Math.max(lostAt, typedAt);
  }
  if (now - lostAt < REST_MS) lostAt = now;
  else if (holds === 0) return false;
  return true;
}

export const isApple = (): boolean => /Mac|iP(hone|ad|od)/.test(navigator.platform);

/** A dialog, menu or picker has the keyboard: letters belong to it. */
const isOverlay = (target: EventTarget | null) =>
  target instanceof Element && target.closest('dialog, [role="dialog"], [role="menu"], [role="listbox"][data-overlay]') !== null;

export function keyOf(event: Pick<KeyboardEvent, 'key' | 'code'>): string {
  const { key, code } = event;
  if (key.length !== 1) return key;
  // `ı` is what Shift-less I writes on a Turkish keyboard; it is a letter of its own and no shortcut.
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  if (/^\p{L}$/u.test(key) && !/^\p{Script=Latin}$/u.test(key)) {
    const physical = /^Key([A-Z])$/.exec(code)?.[1];
    if (physical) return physical.toLowerCase();
  }
  return key;
}

export function handleKey(event: KeyboardEvent): void {
  const key = keyOf(event);
  const typing = isTyping(event.target);
  if (typing) {
    const inWord = event.isComposing || key.length === 1 || key === 'Backspace';
    typedIn = inWord ? (event.target as Element) : null;
    typedAt = Date.now();
  }
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  if (event.ctrlKey || event.metaKey) {
    const ours = !event.shiftKey && event.ctrlKey !== event.metaKey && event.metaKey === isApple();
    if (ours && !isOverlay(event.target)) runNewest(event, (held) => held.keys === `Ctrl ${key}`);
    return;
  }
  const blocked = typing || isOverlay(event.target);
  const letters = key.length === 1;
  if (key === 'Escape') {
    typedIn = null;
    lostAt = 0;
  }
  if (letters && !blocked && isLost()) {
    event.preventDefault();
    return;
  }
  if (letters && (blocked || !shortcutsEnabled())) return;
  if (letters && event.shiftKey && /^[a-z]$/.test(key)) return;

  const afterG = letters && Date.now() - prefixAt < PREFIX_MS;
  prefixAt = 0;
  const wanted = afterG ? `g ${key}` : key;
  if (runNewest(event, (held) => held.keys === wanted && (!blocked || held.whileTyping === true))) return;
  if (!afterG && key === 'g' && [...commands].some((held) => held.keys.startsWith('g '))) {
    prefixAt = Date.now();
    event.preventDefault();
  }
}

/** The newest first: a dialog's Escape comes before the page's. False when there is none. */
function runNewest(event: KeyboardEvent, fits: (command: KeyCommand) => boolean): boolean {
  const command = [...commands].reverse().find(fits);
  if (!command) return false;
  event.preventDefault();
  command.run();
  return true;
}
