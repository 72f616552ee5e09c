import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { newClientId } from '@/shared/offline/outbox';
import { putMessages } from '@/shared/realtime/store';
import { Button } from '@/shared/ui/Button';
import { IconAlertCircle, IconClockExclamation } from '@/shared/ui/icons';
import { errorText, showError } from '@/shared/ui/showError';
import { toast } from '@/shared/ui/toasts';
import { discardMessage, resendMessage, settle } from '../../api';
import { wishTemplate } from '../../model/templateSlot';
import classes from './Failed.module.css';

/** One key per failed message until the server answered: pressing twice, or a lost line, never sends twice. */
const resendKeys = new Map<string, string>();

function keyFor(messageId: string): string {
  const key = resendKeys.get(messageId) ?? newClientId();
  resendKeys.set(messageId, key);
  return key;
}

async function copyText(text: string, done: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  toast(done);
}

export function FailedNote({ message }: { message: Message }) {
  const { t } = useTranslation('thread');
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<void>) => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      showError(error);
    }
    setBusy(false);
  };
  const { error } = message;
  return (
    <FailedActions
      reason={error ? errorText(error.code, error.message, {}) : null}
      busy={busy}
      onTemplate={error?.code === 'window_closed' ? () => wishTemplate(message.conversation_id) : undefined}
      onCopy={
        error?.resend === false && message.text ? () => void run(() => copyText(message.text ?? '', t('copied'))) : undefined
      }
      onResend={() =>
        void run(async () => {
          const sent = await resendMessage(message, keyFor(message.id));
          resendKeys.delete(message.id);
          putMessages([sent, { ...message, dismissed: true, version: message.version + 0.5 }]);
        })
      }
      onDiscard={() => void run(async () => putMessages([await discardMessage(message)]))}
    />
  );
}

interface ActionsProps {
  reason: string | null;
  busy?: boolean;
  /** Instead of sending again, where only a template would get through. */
  onTemplate?: (() => void) | undefined;
  /** Instead of sending again, where the same words cannot get through: they are written anew. */
  onCopy?: (() => void) | undefined;
  onResend: () => void;
  onDiscard: () => void;
}

/** The reason in words and exactly two ways on. */
export function FailedActions({ reason, busy = false, onTemplate, onCopy, onResend, onDiscard }: ActionsProps) {
  const { t } = useTranslation('thread');
  return (
    <div className={classes.note} role="group" aria-label={t('failed.title')}>
      <span className={classes.reason}>
        <IconAlertCircle size={15} stroke={1.7} aria-hidden="true" />
        {reason ? t('failed.because', { reason }) : t('failed.title')}
      </span>
      <span className={classes.buttons}>
        <Button size="small" disabled={busy} onClick={onTemplate ?? onCopy ?? onResend}>
          {onTemplate ? t('failed.template') : onCopy ? t('menu.copy') : t('failed.resend')}
        </Button>
        <Button size="small" look="ghost" disabled={busy} onClick={onDiscard}>
          {t('failed.discard')}
        </Button>
      </span>
    </div>
  );
}

/** Accepted or not, nobody knows yet: never sent again by itself. Whoever has seen the customer's phone may say what it was. */
export function UnknownNote({ message }: { message: Message }) {
  const { t } = useTranslation('thread');
  const [busy, setBusy] = useState(false);
  const say = (outcome: 'sent' | 'failed') => async () => {
    setBusy(true);
    try {
      putMessages([await settle(message, outcome)]);
    } catch (error) {
      showError(error);
    }
    setBusy(false);
  };
  return (
    <div className={classes.note} role="group" aria-label={t('failed.unknown')}>
      <span className={classes.unknown}>
        <IconClockExclamation size={15} stroke={1.7} aria-hidden="true" />
        {t('failed.unknown')}
      </span>
      <span className={classes.buttons}>
        <Button size="small" disabled={busy} onClick={say('sent')}>
          {t('failed.wasSent')}
        </Button>
        <Button size="small" look="ghost" disabled={busy} onClick={say('failed')}>
          {t('failed.wasNotSent')}
        </Button>
      </span>
    </div>
  );
}
