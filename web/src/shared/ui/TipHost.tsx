/**
 * One bubble for the short explanations of the whole page: an element says `data-tip`, and it appears beside it
 * while the pointer rests on it or the keyboard is there. The words are never the only label of anything.
 */
import { useEffect, useState } from 'react';
import classes from './TipHost.module.css';

const DELAY_MS = 350;
const GAP_PX = 6;
const EDGE_PX = 8;

interface Shown {
  text: string;
  x: number;
  y: number;
  below: boolean;
}

export function TipHost() {
  const [shown, setShown] = useState<Shown | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = () => {
      clearTimeout(timer);
      setShown(null);
    };
    const plan = (event: Event) => {
      hide();
      const element = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-tip]') : null;
      if (!element || (event.type === 'focusin' && !element.matches(':focus-visible'))) return;
      timer = setTimeout(() => {
        const box = element.getBoundingClientRect();
        const text = element.dataset.tip;
        if (!text || box.width === 0) return;
        const below = box.top < 64;
        const x = Math.min(Math.max(box.left + box.width / 2, EDGE_PX + 60), innerWidth - EDGE_PX - 60);
        setShown({ text, x, y: below ? box.bottom + GAP_PX : box.top - GAP_PX, below });
      }, DELAY_MS);
    };
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && hide();
    document.addEventListener('pointerover', plan);
    document.addEventListener('focusin', plan);
    document.addEventListener('focusout', hide);
    document.addEventListener('pointerdown', hide);
    document.addEventListener('keydown', onKey);
    document.addEventListener('scroll', hide, true);
    return () => {
      hide();
      document.removeEventListener('pointerover', plan);
      document.removeEventListener('focusin', plan);
      document.removeEventListener('focusout', hide);
      document.removeEventListener('pointerdown', hide);
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('scroll', hide, true);
    };
  }, []);
  if (!shown) return null;
  return (
    <div
      role="tooltip"
      aria-hidden="true"
      className={classes.tip}
      data-below={shown.below || undefined}
      style={{ left: shown.x, top: shown.y }}
    >
      {shown.text}
    </div>
  );
}
