/** The state of the editor: the draft, what is wrong with it and where that is shown, and submitting it. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Id } from '@/shared/api/types';
import { editTemplate, type Problem, type Submission, submitTemplate, type Template } from '../api';
import { componentsOf, type Draft, placeOf } from './draft';
import { TEMPLATES_KEY } from './queries';
import { forgetUnsent, keepUnsent, readUnsent } from './unsent';
import { useLint } from './useLint';

export interface EditorOptions {
  /** Where an unsent draft is kept: `new`, or the template's id. */
  place: string;
  start: Draft;
  channelId: Id | undefined;
  /** The template whose wording is changed; null for a new one. */
  edited: Template | null;
  onSubmitted: (template: Template) => void;
}

/** There is a template of this name and language: the one that is edited. */
const OWN = 'template_exists';

export function useEditor({ place, start, channelId, edited, onSubmitted }: EditorOptions) {
  const queries = useQueryClient();
  const [unsent] = useState(() => readUnsent(place));
  const [draft, setDraft] = useState<Draft>(unsent ?? start);
  const [restored, setRestored] = useState(unsent !== null);
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState(false);

  const components = useMemo(() => componentsOf(draft), [draft]);
  const submission: Submission | null = channelId
    ? {
        channel_id: channelId,
        name: draft.name,
        language: draft.language,
        category: draft.category,
        parameter_format: draft.format,
        components,
      }
    : null;
  const { lint, check } = useLint(submission);
  const real = (problems: Problem[]) => problems.filter((one) => !(edited && one.code === OWN));
  const problems = real(lint.problems);

  const change = (part: Partial<Draft>) => {
    const next = { ...draft, ...part };
    setDraft(next);
    setRestored(false);
    keepUnsent(place, next);
  };
  const touch = useCalmly((where) => setTouched((held) => (held.has(where) ? held : new Set(held).add(where))));
  /** Sentences for a place, once somebody has been there or wanted to submit. */
  const at = (where: string): string[] =>
    asked || touched.has(where)
      ? [...new Set(problems.filter((one) => placeOf(one.path, one.params, components) === where).map((one) => one.message))]
      : [];

  const submit = useMutation({
    mutationFn: async (): Promise<Template | null> => {
      if (!submission) return null;
      setAsked(true);
      if (real(await check(submission)).length > 0) return null;
      return edited ? editTemplate(edited.id, submission) : submitTemplate(submission);
    },
    // What is wrong stays in sight beside the button, instead of passing by.
    meta: { quiet: true },
    onSuccess: async (made) => {
      if (!made) return;
      forgetUnsent(place);
      queries.setQueryData(['template', made.id], made);
      await queries.invalidateQueries({ queryKey: TEMPLATES_KEY });
      onSubmitted(made);
    },
  });

  const startOver = () => {
    forgetUnsent(place);
    setDraft(start);
    setRestored(false);
    setTouched(new Set());
    setAsked(false);
  };

  return { draft, components, change, touch, at, lint, problems, asked, submit, restored, startOver };
}

/**
 * Leaving a field makes sentences appear, which push the page down. While the pointer is pressed that waits: else the button
 * under it would be gone before it is let go, and the click with it.
 */
function useCalmly(act: (value: string) => void): (value: string) => void {
  const latest = useRef(act);
  latest.current = act;
  const pressed = useRef(false);
  const waiting = useRef<string[]>([]);
  useEffect(() => {
    const press = () => {
      pressed.current = true;
    };
    const release = () => {
      pressed.current = false;
      // After the click, which comes after the release.
      setTimeout(() => {
        for (const value of waiting.current.splice(0)) latest.current(value);
      }, 0);
    };
    document.addEventListener('pointerdown', press, true);
    document.addEventListener('pointerup', release, true);
    document.addEventListener('pointercancel', release, true);
    return () => {
      document.removeEventListener('pointerdown', press, true);
      document.removeEventListener('pointerup', release, true);
      document.removeEventListener('pointercancel', release, true);
    };
  }, []);
  return useCallback((value) => {
    if (pressed.current) waiting.current.push(value);
    else latest.current(value);
  }, []);
}

export type Editor = ReturnType<typeof useEditor>;
