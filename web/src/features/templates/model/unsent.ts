/** A draft that was not submitted yet survives a reload and a look at another page; it ends with the tab. */
import { useSession } from '@/shared/session/session';
import type { Draft } from './draft';

const key = (place: string): string => `invekto.template.${useSession.getState().session?.user.id ?? ''}.${place}`;

export function readUnsent(place: string): Draft | null {
  const held = sessionStorage.getItem(key(place));
  return held ? (JSON.parse(held) as Draft) : null;
}

export const keepUnsent = (place: string, draft: Draft): void => sessionStorage.setItem(key(place), JSON.stringify(draft));
export const forgetUnsent = (place: string): void => sessionStorage.removeItem(key(place));
