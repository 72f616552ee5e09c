/** What a channel can send besides words and files. */
import type { Capabilities } from '@/shared/api/types';

export type Extra = 'location' | 'contacts' | 'interactive';

export const extrasOf = (capabilities: Capabilities | undefined): Extra[] =>
  (['location', 'contacts', 'interactive'] as const).filter(
    (kind) => capabilities?.kinds?.includes(kind) && (kind !== 'interactive' || capabilities.interactive != null),
  );
