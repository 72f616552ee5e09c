import { Suspense } from 'react';
import { lazyPart } from '@/shared/ui/lazyPart';
import { useLightbox } from './lightbox';

const Opened = lazyPart(() => import('./LightboxDialog'));

/** Pictures and films over the page. Its code comes when the first one is opened. */
export function Lightbox() {
  const open = useLightbox((state) => state.media.length > 0);
  return open ? (
    <Suspense fallback={null}>
      <Opened />
    </Suspense>
  ) : null;
}
