/** Which picture or film lies over the page, and those beside it. */
import { create } from 'zustand';
import type { Attachment, Id } from '@/shared/api/types';

export interface Medium {
  id: Id;
  kind: 'image' | 'video';
  url: string;
  name: string | null;
  /** Who sent it and when, or what was written with it. */
  words?: string | null;
}

interface LightboxState {
  media: Medium[];
  at: number;
}

export const useLightbox = create<LightboxState>(() => ({ media: [], at: 0 }));

export const asMedium = ({ id, kind, url, name }: Attachment, words: string | null = null): Medium => ({
  id,
  kind: kind === 'video' ? 'video' : 'image',
  url,
  name,
  words,
});

/** The media of the thread on the screen, in its order; told by the thread, asked for when one of them is opened. */
let threadMedia: () => Medium[] = () => [];
export function setThreadMedia(read: () => Medium[]): () => void {
  threadMedia = read;
  return () => {
    if (threadMedia === read) threadMedia = () => [];
  };
}

export function openLightbox(media: Medium[], id: Id): void {
  const at = media.findIndex((medium) => medium.id === id);
  if (at >= 0) useLightbox.setState({ media, at });
}

/** Opens a file of the thread among the others of the thread. */
export function openThreadMedia(attachment: Attachment): void {
  const all = threadMedia();
  openLightbox(all.some((medium) => medium.id === attachment.id) ? all : [asMedium(attachment)], attachment.id);
}

export const showMedium = (at: number): void =>
  useLightbox.setState(({ media }) => ({ at: Math.min(Math.max(at, 0), media.length - 1) }));
export const closeLightbox = (): void => useLightbox.setState({ media: [], at: 0 });
