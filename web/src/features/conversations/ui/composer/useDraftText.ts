import { useEffect, useRef, useState } from 'react';
import type { Id } from '@/shared/api/types';
import { type DraftKind, type LocalDraft, openDraft, peekDraft, saveDraft } from '@/shared/offline/drafts';
import { useLive } from '@/shared/realtime/store';

/** The words of the reply and of the note, kept wherever one goes on; `chosen` becomes true with the first key. */
export function useDraftText(id: Id, detailReady: boolean) {
  const serverDraft = useLive((state) => state.details[id]?.draft ?? null);
  const [kind, setKind] = useState<DraftKind>(() => kindOf(peekDraft(id)));
  const [texts, setTexts] = useState(() => ({ reply: peekDraft(id)?.reply ?? '', note: peekDraft(id)?.note ?? '' }));
  const [saved, setSaved] = useState(false);
  const chosen = useRef(false);
  const text = texts[kind];

  // What was typed before: first here, then on another device; what is being typed now goes before that.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the server's draft counts as it was when the conversation was opened
  useEffect(() => {
    let gone = false;
    void openDraft(id, detailReady ? serverDraft : null).then((draft) => {
      if (gone) return;
      if (!chosen.current) setKind(kindOf(draft));
      setTexts({ reply: draft.reply, note: draft.note });
    });
    return () => {
      gone = true;
    };
  }, [id, detailReady]);

  useEffect(() => {
    if (!text) {
      setSaved(false);
      return;
    }
    const timer = setTimeout(() => setSaved(true), 600);
    return () => {
      clearTimeout(timer);
      setSaved(false);
    };
  }, [text]);

  function change(value: string) {
    chosen.current = true;
    setTexts((held) => ({ ...held, [kind]: value }));
    saveDraft(id, { kind, [kind]: value });
  }

  function choose(next: DraftKind) {
    chosen.current = true;
    setKind(next);
    if (texts.reply || texts.note) saveDraft(id, { kind: next });
  }

  return { kind, text, saved, change, choose };
}

/** Where one goes on: at the note that was begun, else at the reply. */
function kindOf(draft: LocalDraft | undefined): DraftKind {
  return draft?.kind === 'note' && draft.note !== '' ? 'note' : 'reply';
}
