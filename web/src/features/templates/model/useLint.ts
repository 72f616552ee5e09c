/** Asks the server, a moment after the last key, what the provider would refuse of a draft. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { lintTemplate, type Problem, type Submission } from '../api';

const REST_MS = 400;

export interface Lint {
  problems: Problem[];
  /** The draft on the screen has been looked at. */
  checked: boolean;
  /** The check could not be made: submitting checks again. */
  failed: boolean;
}

export function useLint(submission: Submission | null) {
  const [lint, setLint] = useState<Lint>({ problems: [], checked: false, failed: false });
  const running = useRef<AbortController | null>(null);
  const shape = JSON.stringify(submission);

  const check = useCallback(async (wanted: Submission): Promise<Problem[]> => {
    running.current?.abort();
    const own = new AbortController();
    running.current = own;
    const { problems } = await lintTemplate(wanted, own.signal);
    if (!own.signal.aborted) setLint({ problems, checked: true, failed: false });
    return problems;
  }, []);

  useEffect(() => {
    const wanted = JSON.parse(shape) as Submission | null;
    if (!wanted) return;
    setLint((held) => (held.checked ? { ...held, checked: false } : held));
    const timer = setTimeout(() => {
      check(wanted).catch((error: unknown) => {
        if (error instanceof DOMException && error.name === 'AbortError') return;
        setLint((held) => ({ ...held, failed: true }));
      });
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [shape, check]);
  useEffect(() => () => running.current?.abort(), []);

  return { lint, check };
}
