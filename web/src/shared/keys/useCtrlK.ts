import { useEffect, useRef } from 'react';

/** Ctrl-K (Cmd-K) from anywhere, also while typing: no letter, so it is not switched off with the others. */
export function useCtrlK(run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== 'k') return;
      // A dialog is finished first: what was written in it would be gone.
      if (document.querySelector('dialog[open], [role="dialog"]')) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
}
