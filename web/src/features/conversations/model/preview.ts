import type { Conversation, MessageType } from '@/shared/api/types';
import {
  IconAddressBook,
  IconFileText,
  IconHandClick,
  IconMapPin,
  IconMicrophone,
  IconMoodSmile,
  IconPhoto,
  IconShoppingCart,
  IconSticker,
  IconTemplate,
  IconVideo,
} from '@/shared/ui/icons';

/** Types whose one-line preview starts with a mark, because their text alone would not tell what came. */
export const PREVIEW_ICONS: Partial<Record<MessageType, typeof IconPhoto>> = {
  image: IconPhoto,
  video: IconVideo,
  audio: IconMicrophone,
  document: IconFileText,
  sticker: IconSticker,
  location: IconMapPin,
  contacts: IconAddressBook,
  interactive: IconHandClick,
  order: IconShoppingCart,
  template: IconTemplate,
  reaction: IconMoodSmile,
};

/** Does the preview need the type's own word, for want of a text? */
export const needsWord = (row: Conversation): boolean => !row.preview && row.preview_type !== null && row.preview_type !== 'text';

export type WaitTone = 'calm' | 'warm' | 'hot';

export function waitTone(ms: number): WaitTone {
  const minutes = ms / 60_000;
  return minutes < 5 ? 'calm' : minutes < 15 ? 'warm' : 'hot';
}
