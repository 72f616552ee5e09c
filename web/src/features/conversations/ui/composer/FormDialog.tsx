import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import '../../composeTexts';
import classes from './forms.module.css';

interface Props {
  title: string;
  send: { label: string; icon: ReactNode; testId: string; ready?: boolean };
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
  /** What it will look like, beside the fields. */
  side?: ReactNode;
}

/** What is written besides words: its fields, and a button that sends it. The field marked `data-first` has the keyboard. */
export function FormDialog({ title, send, onSubmit, onClose, children, side }: Props) {
  const { t } = useTranslation('compose');
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>('[data-first]')?.focus(), []);
  return (
    <Dialog title={title} wide={side !== undefined} onClose={onClose}>
      <form
        ref={form}
        className={side ? classes.split : classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        {side ? <div className={classes.form}>{children}</div> : children}
        {side}
        <footer className={classes.actions}>
          <Button look="ghost" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button type="submit" look="primary" disabled={send.ready === false} icon={send.icon} data-testid={send.testId}>
            {send.label}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
