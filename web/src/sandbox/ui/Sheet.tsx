import { type FormEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { useT } from '../i18n';
import classes from './Sheet.module.css';

interface Props {
  title: string;
  /** What the button at the end says; without one the sheet has only a way out. */
  submit?: string;
  onSubmit?: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A small form over the page. Escape and the first button leave it; the keyboard stays inside. */
export function Sheet({ title, submit, onSubmit, onClose, children }: Props) {
  const t = useT();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);

  const send = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };

  return (
    <dialog ref={dialog} className={classes.sheet} aria-labelledby={id} onClose={onClose}>
      <form onSubmit={send}>
        <h2 id={id}>{title}</h2>
        <div className={classes.body}>{children}</div>
        <div className={classes.answers}>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            {t('cancel')}
          </button>
          {submit && (
            <button type="submit" className="button" data-look="primary" data-testid="sheet-submit">
              {submit}
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}
