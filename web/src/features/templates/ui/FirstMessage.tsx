import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel, Id } from '@/shared/api/types';
import { phoneText } from '@/shared/format/text';
import { newClientId } from '@/shared/offline/outbox';
import { Dialog } from '@/shared/ui/Dialog';
import { Field, inputClass } from '@/shared/ui/Field';
import { IconMessageOff } from '@/shared/ui/icons';
import { sentenceOf } from '@/shared/ui/showError';
import { Empty, ErrorBar, SkeletonRows, useSlow } from '@/shared/ui/states';
import { type FirstMessage as Body, sendFirstMessage } from '../api';
import { type PhoneReading, readPhone } from '../model/phone';
import { useChannels } from '../model/queries';
import { refusalOf, usePhoneCheck } from '../model/usePhoneCheck';
import '../texts';
import classes from './FirstMessage.module.css';
import { KnownNumber } from './KnownNumber';
import { type TemplateChoice, TemplatePicker } from './TemplatePicker';

interface Props {
  onClose: () => void;
  onOpenConversation: (id: Id) => void;
}

/** Writes to somebody who has not written. Nothing is made before the server has taken all of it. */
export default function FirstMessage({ onClose, onOpenConversation }: Props) {
  const { t } = useTranslation('templates');
  const channels = useChannels();
  const slow = useSlow();
  const able = (channels.data ?? []).filter((channel) => channel.capabilities.templates && channel.status === 'connected');
  return (
    <Dialog wide title={t('first.title')} onClose={onClose}>
      {channels.isPending && slow && <SkeletonRows count={2} />}
      {channels.isError && <ErrorBar onRetry={() => void channels.refetch()}>{sentenceOf(channels.error)}</ErrorBar>}
      {channels.isSuccess && able.length === 0 && (
        <Empty
          icon={<IconMessageOff size={28} stroke={1.3} aria-hidden="true" />}
          title={t('editor.noChannel')}
          text={t('first.noChannelText')}
        />
      )}
      {able.length > 0 && <Form channels={able} onClose={onClose} onOpenConversation={onOpenConversation} />}
    </Dialog>
  );
}

function Form({ channels, onClose, onOpenConversation }: Props & { channels: Channel[] }) {
  const { t } = useTranslation('templates');
  const [channelId, setChannelId] = useState(channels[0]?.id ?? '');
  const [text, setText] = useState('');
  const [left, setLeft] = useState(false);
  const [name, setName] = useState('');
  const [anyway, setAnyway] = useState<string | null>(null);
  const phone = useRef<HTMLInputElement>(null);
  const reading = readPhone(text);
  const e164 = reading.state === 'ready' ? reading.e164 : null;
  const { check, known, refused } = usePhoneCheck(channelId, e164);
  useEffect(() => phone.current?.focus(), []);

  // A repeated try with the same content is the same message, should the first have arrived after all.
  const attempt = useRef({ shape: '', key: '' });
  const send = useMutation({
    mutationFn: (body: Body) => {
      const shape = JSON.stringify(body);
      if (attempt.current.shape !== shape) attempt.current = { shape, key: newClientId() };
      return sendFirstMessage(body, attempt.current.key);
    },
    meta: { quiet: true },
    onSuccess: ({ conversation }) => {
      onClose();
      onOpenConversation(conversation.id);
    },
  });

  const wrong = refused ?? refusalOf(send.error);
  const problems = wrong ? [t(`first.${wrong}`)] : sentences(reading);
  // Somebody is there already, or a colleague was: that comes before another template.
  const asks = known !== undefined && (known.conversation_id !== null || known.written_lately !== null) && anyway !== e164;

  function sendTemplate({ template, values, attachmentId }: TemplateChoice) {
    if (!e164) return;
    send.mutate({
      channel_id: channelId,
      phone: e164,
      ...(name.trim() && !known?.contact ? { name: name.trim() } : {}),
      template_id: template.id,
      values,
      ...(attachmentId ? { attachment_id: attachmentId } : {}),
    });
  }

  return (
    <div className={classes.form} data-testid="first-message">
      {channels.length > 1 && (
        <Field label={t('first.channel')}>
          {(ids) => (
            <select
              {...ids}
              className={inputClass}
              value={channelId}
              onChange={(event) => setChannelId(event.currentTarget.value)}
            >
              {channels.map((channel) => (
                <option key={channel.id} value={channel.id}>
                  {channel.name} · {phoneText(channel.address ?? '')}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <div className={classes.pair}>
        <Field
          label={t('first.phone')}
          help={e164 ? <bdi dir="ltr">{phoneText(e164)}</bdi> : t('first.phoneHelp')}
          problems={problems}
        >
          {(ids) => (
            <input
              {...ids}
              ref={phone}
              className={inputClass}
              type="tel"
              inputMode="tel"
              dir="ltr"
              autoComplete="off"
              placeholder="0555 010 44 18"
              data-testid="first-phone"
              value={text}
              onBlur={() => setLeft(true)}
              onChange={(event) => {
                setText(event.currentTarget.value);
                setLeft(false);
                send.reset();
              }}
            />
          )}
        </Field>
        {!known?.contact && (
          <Field label={t('first.name')} optional={t('optional')}>
            {(ids) => (
              <input
                {...ids}
                className={inputClass}
                dir="auto"
                autoComplete="off"
                maxLength={120}
                value={name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
            )}
          </Field>
        )}
      </div>
      {check.isError && !refused && <ErrorBar onRetry={() => void check.refetch()}>{sentenceOf(check.error)}</ErrorBar>}
      {known && (
        <KnownNumber
          known={known}
          asks={asks}
          onOpen={(id) => {
            onClose();
            onOpenConversation(id);
          }}
          onAnyway={() => setAnyway(e164)}
        />
      )}
      {known && !asks && (
        <section className={classes.templates} aria-label={t('first.template')}>
          <h3>{t('first.template')}</h3>
          <TemplatePicker
            key={channelId}
            channelId={channelId}
            conversationId={known.conversation_id ?? undefined}
            name={known.contact?.name ?? name}
            autoFocus={anyway === e164}
            sendLabel={t('first.send')}
            busy={send.isPending}
            problem={send.error && !refusalOf(send.error) ? sentenceOf(send.error) : null}
            onSend={sendTemplate}
          />
        </section>
      )}
      {!known && !check.isError && <p className={classes.hint}>{t('first.hint')}</p>}
    </div>
  );

  /** Too short is only said once the field was left: until then it is being typed. */
  function sentences(found: PhoneReading): string[] {
    switch (found.state) {
      case 'short':
        return left ? [t('first.short', { count: found.missing })] : [];
      case 'long':
        return [t('first.long', { count: found.extra })];
      case 'plus':
        return [t('first.plus')];
      case 'letters':
        return [t('first.letters')];
      case 'landline':
        return [t('first.not_mobile')];
      default:
        return [];
    }
  }
}
