import { type ComponentType, type KeyboardEvent, type ReactNode, useId, useLayoutEffect, useRef, useState } from 'react';
import classes from './Menu.module.css';

export interface Item {
  key: string;
  label: string;
  Icon: ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: 'true' }>;
  danger?: boolean;
  act: () => void;
}

interface Props {
  label: string;
  icon: ReactNode;
  className?: string | undefined;
  testid?: string;
  disabled?: boolean;
  /** Shown above the items, such as a row of emoji. */
  head?: ((close: () => void) => ReactNode) | undefined;
  items: Item[];
}

const GAP_PX = 6;

/** A button with a list of things to do. Arrow keys move, Escape and a click elsewhere close (the browser's popover). */
export function Menu({ label, icon, className, testid, disabled, head, items }: Props) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const close = () => panel.current?.hidePopover();

  // Its size is known once the items are there.
  useLayoutEffect(() => {
    if (!open) return;
    const anchor = button.current?.getBoundingClientRect();
    const box = panel.current;
    if (!anchor || !box) return;
    const { width, height } = box.getBoundingClientRect();
    const above = anchor.top - height - GAP_PX;
    box.style.top = `${above >= GAP_PX ? above : Math.max(GAP_PX, Math.min(anchor.bottom + GAP_PX, innerHeight - height - GAP_PX))}px`;
    box.style.left = `${Math.max(GAP_PX, Math.min(anchor.left, innerWidth - width - GAP_PX))}px`;
    box.querySelector('button')?.focus();
  }, [open]);

  const onKey = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const entries = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button')];
    const now = entries.indexOf(document.activeElement as HTMLButtonElement);
    entries[(now + step + entries.length) % entries.length]?.focus();
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        className={className ?? 'icon-button'}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        disabled={disabled}
        data-testid={testid}
        popoverTarget={id}
      >
        {icon}
      </button>
      <div
        ref={panel}
        id={id}
        popover="auto"
        role="menu"
        aria-label={label}
        className={classes.menu}
        onKeyDown={onKey}
        onToggle={(event) => setOpen(event.newState === 'open')}
      >
        {open && head?.(close)}
        {open &&
          items.map(({ key, label: words, Icon, danger, act }) => (
            <button
              key={key}
              type="button"
              role="menuitem"
              tabIndex={-1}
              className={classes.item}
              data-danger={danger || undefined}
              data-testid={`menu-${key}`}
              onClick={() => {
                close();
                act();
              }}
            >
              <Icon size={18} stroke={1.5} aria-hidden="true" />
              {words}
            </button>
          ))}
      </div>
    </>
  );
}
