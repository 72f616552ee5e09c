/** Files that wait beside the text. Their upload begins when they are chosen; sending hands them to the outbox. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, isRetryable, NetworkError } from '@/shared/api/client';
import type { Capabilities, Upload } from '@/shared/api/types';
import { newClientId, type OutboxMedia } from '@/shared/offline/outbox';
import { forgetUpload, startUpload, useUploads } from '@/shared/offline/uploads';
import { sentenceOf } from '@/shared/ui/showError';
import { type FileVerdict, judgeFile, MAX_FILES } from './attachments';

export interface TrayItem {
  localId: string;
  file: File;
  verdict: FileVerdict;
  caption: string;
  /** The server's reason, when it refused the file. */
  refused: string | null;
  /** A file that the server has already: a canned reply's. */
  uploaded: Upload | null;
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
        uploaded: null,
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

  /** Files of a canned reply, in their order; what does not fit any more is left out and said. */
  const addUploads = useCallback(
    async (uploads: Upload[]) => {
      if (!capabilities || uploads.length === 0) return;
      const files = await Promise.all(uploads.map(fileOf));
      const room = MAX_FILES - latest.current.length;
      setTooMany(files.length > room);
      const added = files.slice(0, room).map<TrayItem>(({ file, uploaded }) => {
        const localId = newClientId();
        useUploads.setState({ [localId]: 1 });
        return { localId, file, verdict: judgeFile(file, capabilities), caption: '', refused: null, uploaded };
      });
      setItems((held) => [...held, ...added]);
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
      attachmentId: item.uploaded?.id ?? null,
      caption: item.caption.trim(),
    }));
  }, []);

  const sendable = items.filter((item) => item.verdict.ok && !item.refused).length;
  return { items, add, addUploads, remove, caption, handOver, sendable, tooMany };
}

/** The bytes of an upload of ours, to be shown in the tray and in the bubble. Throws what `showError` can say. */
async function fileOf(uploaded: Upload): Promise<{ file: File; uploaded: Upload }> {
  const response = await fetch(uploaded.url).catch((error: unknown) => {
    throw new NetworkError(String(error));
  });
  if (!response.ok) throw new ApiError(response.status, 'media_unavailable', '', {});
  const blob = await response.blob();
  return { file: new File([blob], uploaded.name ?? 'file', { type: uploaded.mime }), uploaded };
}

export type TrayApi = ReturnType<typeof useTray>;
