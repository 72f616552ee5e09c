import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { IconAlertCircle, IconCircleCheck, IconHourglass, IconSend } from '@/shared/ui/icons';
import { sentenceOf } from '@/shared/ui/showError';
import { ErrorBar } from '@/shared/ui/states';
import type { Template } from '../api';
import type { Draft } from '../model/draft';
import { useHeaderFile } from '../model/headerFile';
import { mediaHeader, shown, type Values } from '../model/template';
import { type EditorOptions, useEditor } from '../model/useEditor';
import { AuthenticationParts } from './AuthenticationParts';
import { BodyPart } from './BodyPart';
import { ButtonsPart } from './ButtonsPart';
import classes from './Editor.module.css';
import { HeaderPart } from './HeaderPart';
import { IdentityPart } from './IdentityPart';
import { Preview } from './Preview';
import { TextPart } from './TextPart';

interface Props extends Omit<EditorOptions, 'channelId'> {
  /** Those that can have templates; at least one. */
  channels: Channel[];
  edited: Template | null;
  /** Another language of a known template: the language is what is asked for. */
  copied: boolean;
  onCancel: () => void;
}

/** Writes a template beside the customer's phone. What WhatsApp would refuse is said at its place before anything is submitted. */
export function TemplateEditor({ channels, copied, onCancel, ...options }: Props) {
  const { t } = useTranslation('templates');
  const { edited } = options;
  const [channelId, setChannelId] = useState(edited?.channel_id ?? channels[0]?.id);
  const channel = channels.find((held) => held.id === channelId);
  const editor = useEditor({ ...options, channelId });
  const { draft, components, lint, problems, asked, submit } = editor;
  const form = useRef<HTMLFormElement>(null);
  const media = mediaHeader(draft.header);
  const file = useHeaderFile(channel, media);
  const authentication = draft.category === 'AUTHENTICATION';

  function send(event: FormEvent) {
    event.preventDefault();
    if (submit.isPending) return;
    submit.mutate(undefined, {
      onSuccess: (made) => {
        // Once the sentences are in their places.
        if (!made) setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid], [data-wrong]')?.focus(), 0);
      },
    });
  }

  return (
    <form ref={form} className={classes.editor} onSubmit={send} noValidate data-testid="template-editor">
      <div className={classes.form}>
        {editor.restored && (
          <p className={classes.restored} role="status">
            {t('editor.restored')}
            <button type="button" onClick={editor.startOver}>
              {t('editor.startOver')}
            </button>
          </p>
        )}
        <IdentityPart
          editor={editor}
          channels={channels}
          channelId={channelId}
          onChannel={setChannelId}
          edited={edited}
          focus={edited ? null : copied ? 'language' : 'name'}
        />
        {authentication ? (
          <AuthenticationParts editor={editor} />
        ) : (
          <>
            <HeaderPart editor={editor} channel={channel} file={file} />
            <BodyPart editor={editor} />
            <TextPart editor={editor} part="footer" help={t('editor.footerHelp')} />
            <ButtonsPart editor={editor} />
          </>
        )}
        <section className={classes.end} aria-label={t('editor.submit')}>
          {submit.error && <ErrorBar>{sentenceOf(submit.error)}</ErrorBar>}
          <p className={classes.verdict} role="status" data-tone={problems.length > 0 && asked ? 'red' : undefined}>
            {verdict()}
          </p>
          <p className={classes.after}>{edited ? t('editor.afterEdit') : t('editor.after')}</p>
          <div className={classes.buttons}>
            <Button onClick={onCancel}>{t('editor.cancel')}</Button>
            <Button
              look="primary"
              type="submit"
              busy={submit.isPending}
              data-testid="template-submit"
              icon={<IconSend size={16} stroke={1.7} aria-hidden="true" />}
            >
              {edited ? t('editor.resubmit') : t('editor.submit')}
            </Button>
          </div>
        </section>
      </div>
      <Preview
        shown={authentication ? authenticationShown(draft) : shown(components, samplesOf(draft))}
        media={file.file ? { url: file.file.url, name: file.file.name } : undefined}
      />
    </form>
  );

  function verdict() {
    if (lint.failed) return t('editor.notChecked');
    if (problems.length > 0) {
      return (
        <>
          <IconAlertCircle size={15} stroke={1.6} aria-hidden="true" />
          {t('editor.problems', { count: problems.length })}
        </>
      );
    }
    return lint.checked ? (
      <>
        <IconCircleCheck size={15} stroke={1.6} aria-hidden="true" />
        {t('editor.fine')}
      </>
    ) : (
      <>
        <IconHourglass size={15} stroke={1.6} aria-hidden="true" />
        {t('editor.checking')}
      </>
    );
  }

  function authenticationShown(held: Draft) {
    return {
      header: null,
      body: `${t('authentication.body')}${held.advice ? ` ${t('authentication.adviceText')}` : ''}`,
      footer: held.minutes.trim() ? t('authentication.footer', { minutes: held.minutes }) : null,
      buttons: [{ type: 'OTP', title: '', detail: null }],
    };
  }
}

/** The examples in place of the variables, as WhatsApp's reviewer sees it. */
function samplesOf(draft: Draft): Values {
  const values: Values = { ...draft.samples };
  draft.buttons.forEach((button, index) => {
    if (button.sample) values[`button.${index}`] = button.sample;
  });
  return values;
}
