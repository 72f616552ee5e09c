/**
 * Menus and pickers are heavy and seldom needed at once, so their code comes when somebody reaches for the button.
 * Until then a plain button of the same look stands in its place.
 */

import { type ComponentType, type ReactNode, Suspense, useState } from 'react';
import { lazyPart } from '@/shared/ui/lazyPart';

interface ButtonHandlers {
  onPointerEnter: () => void;
  onFocus: () => void;
  onClick: () => void;
}

export function deferred<P extends object>(load: () => Promise<{ default: ComponentType<P> }>) {
  const Loaded = lazyPart(load);
  /** `wanted`: it should be open. `button` gets handlers that fetch the code in advance and ask to open. */
  return function Deferred({
    wanted,
    onOpen,
    button,
    props,
  }: {
    wanted: boolean;
    onOpen: () => void;
    button: (handlers: ButtonHandlers) => ReactNode;
    props: P;
  }) {
    const [asked, setAsked] = useState(false);
    // In advance only: whoever opens it asks for it again.
    const ahead = () => void load().catch(() => undefined);
    const plain = button({
      onPointerEnter: ahead,
      onFocus: ahead,
      onClick: () => {
        setAsked(true);
        onOpen();
      },
    });
    // It stays once it was there: what it opens in turn, a dialog say, must outlive its being closed.
    if (wanted && !asked) setAsked(true);
    if (!asked && !wanted) return plain;
    return (
      <Suspense fallback={plain}>
        <Loaded {...props} />
      </Suspense>
    );
  };
}
