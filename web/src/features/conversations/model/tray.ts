/** Files that wait beside the text. Their upload begins when they are chosen; sending hands them to the outbox. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { isRetryable } from '@/shared/api/client';
import type { Capabilities } from '@/shared/api/types';
import { newClientId, type OutboxMedia } from '@/shared/offline/outbox';
import { forgetUpload, startUpload } from '@/shared/offline/uploads';
import { sentenceOf } from '@/shared/ui/showError';
import { type FileVerdict, judgeFile, MAX_FILES } from './attachments';

export interface TrayItem {
  localId: string;
  file: File;
  verdict: FileVerdict;
  caption: string;
  /** The server's reason, when it refused the file. */
  refused: string | null;
}

export function useTray(capabilities: Capabilities | undefined) {
  const [items, setItems] = useState<TrayItem[]>([]);
  const [tooMany, setTooMany] = useState(false);
  const handedOver = useRef(new Set<string>());
  const latest = useRef(items);
  latest.current = items;

  useEffect(
    () => () => {
      for (const item of latest.current) if (!handedOver.current.has(item.localId)) forgetUpload(item.localId);
    },
    [],
  );

  const add = useCallback(
    (files: Iterable<File>) => {
      if (!capabilities) return;
      const all = [...files];
      const room = MAX_FILES - latest.current.length;
      setTooMany(all.length > room);
      const added = all.slice(0, room).map<TrayItem>((file) => ({
        localId: newClientId(),
        file,
        verdict: judgeFile(file, capabilities),
        caption: '',
        refused: null,
      }));
      setItems((held) => [...held, ...added]);
      for (const { localId, file, verdict } of added) {
        if (!verdict.ok) continue;
        startUpload(localId, file, file.name).catch((error: unknown) => {
          // A lost line is the outbox's matter: it goes on when the message is sent.
          if (isRetryable(error) || (error instanceof DOMException && error.name === 'AbortError')) return;
          setItems((held) => held.map((item) => (item.localId === localId ? { ...item, refused: sentenceOf(error) } : item)));
        });
      }
    },
    [capabilities],
  );

  const remove = useCallback((localId: string) => {
    forgetUpload(localId);
    setTooMany(false);
    setItems((held) => held.filter((item) => item.localId !== localId));
  }, []);

  const caption = useCallback((localId: string, text: string) => {
    setItems((held) => held.map((item) => (item.localId === localId ? { ...item, caption: text } : item)));
  }, []);

  /** Empties the tray of what can be sent; what cannot stays with its reason. */
  const handOver = useCallback((): (OutboxMedia & { caption: string })[] => {
    const ready = latest.current.flatMap((item) => (item.verdict.ok && !item.refused ? [{ item, kind: item.verdict.kind }] : []));
    for (const { item } of ready) handedOver.current.add(item.localId);
    setItems((held) => held.filter((item) => !handedOver.current.has(item.localId)));
    return ready.map(({ item, kind }) => ({
      localId: item.localId,
      kind,
      mime: item.file.type,
      name: item.file.name,
      size: item.file.size,
      blob: item.file,
      attachmentId: null,
      caption: item.caption.trim(),
    }));
  }, []);

  const sendable = items.filter((item) => item.verdict.ok && !item.refused).length;
  return { items, add, remove, caption, handOver, sendable, tooMany };
}

export type TrayApi = ReturnType<typeof useTray>;
