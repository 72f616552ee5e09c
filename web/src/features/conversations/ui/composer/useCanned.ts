import { type KeyboardEvent, type RefObject, useRef, useState } from 'react';
import { type Asked, askedAt } from '../../model/canned';

/** What the list of canned replies does with a key of the text field; true when it was for the list. */
export type CannedKeys = (event: KeyboardEvent) => boolean;

/** `/` at the start of a word opens the list; its own code comes then. Escape closes it until the next slash. */
export function useCanned(input: RefObject<HTMLTextAreaElement | null>, allowed: boolean) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [activeId, setActiveId] = useState<string | undefined>();
  const closedAt = useRef<number | null>(null);
  const keys = useRef<CannedKeys | null>(null);

  /** After each change of the text and each move of the caret. */
  function look() {
    const el = input.current;
    const found = el && allowed && el.selectionStart === el.selectionEnd ? askedAt(el.value, el.selectionStart) : null;
    if (found?.from !== closedAt.current) closedAt.current = null;
    const shown = found && closedAt.current === null ? found : null;
    setAsked((held) => (held?.from === shown?.from && held?.query === shown?.query ? held : shown));
  }

  function close() {
    closedAt.current = asked?.from ?? null;
    setAsked(null);
  }

  /** By the button: writes the slash where the caret is, or after a space. */
  function begin(text: string): { text: string; caret: number } {
    const caret = input.current?.selectionStart ?? text.length;
    const gap = caret > 0 && !/\s/.test(text[caret - 1] ?? '') ? ' ' : '';
    closedAt.current = null;
    const to = caret + gap.length + 1;
    setAsked({ from: to - 1, to, query: '' });
    return { text: `${text.slice(0, caret)}${gap}/${text.slice(caret)}`, caret: to };
  }

  return { asked: allowed ? asked : null, activeId, setActiveId, keys, look, close, begin };
}
