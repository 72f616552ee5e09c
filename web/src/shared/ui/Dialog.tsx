import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './Dialog.module.css';
import { IconButton } from './IconButton';
import { IconX } from './icons';

interface Props {
  title: string;
  wide?: boolean;
  onClose: () => void;
  children: ReactNode;
}

/**
 * The browser's own modal dialog: it keeps the focus inside, closes by Escape and lies above everything. What has
 * `data-first` gets the keyboard, else the first button: React's `autoFocus` comes before the dialog is shown.
 */
export function Dialog({ title, wide = false, onClose, children }: Props) {
  const { t } = useTranslation('shared');
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>('[data-first]')?.focus();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes the browser's dialog
    <dialog
      ref={dialog}
      className={classes.dialog}
      data-wide={wide || undefined}
      aria-label={title}
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div className={classes.box}>
        <header className={classes.head}>
          <h2>{title}</h2>
          <IconButton label={t('close')} onClick={onClose}>
            <IconX size={18} stroke={1.6} aria-hidden="true" />
          </IconButton>
        </header>
        {children}
      </div>
    </dialog>
  );
}
