import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { Field, inputClass } from '@/shared/ui/Field';
import { IconBraces } from '@/shared/ui/icons';
import { sentenceOf } from '@/shared/ui/showError';
import { uploadSample } from '../api';
import { HEADERS, headerVariables, LIMITS, nextVariable } from '../model/draft';
import type { useHeaderFile } from '../model/headerFile';
import { mediaHeader } from '../model/template';
import type { Editor } from '../model/useEditor';
import classes from './Editor.module.css';
import { HeaderFileField } from './HeaderFileField';
import { Samples } from './Samples';

interface Props {
  editor: Editor;
  channel: Channel | undefined;
  file: ReturnType<typeof useHeaderFile>;
}

export function HeaderPart({ editor, channel, file }: Props) {
  const { t } = useTranslation('templates');
  const { draft, change, touch, at } = editor;
  const input = useRef<HTMLInputElement>(null);
  const media = mediaHeader(draft.header);
  const variables = headerVariables(draft);

  const insert = () => {
    const name = nextVariable(draft.headerText, draft.format, 'ad');
    change({ headerText: `${draft.headerText}${draft.headerText && !draft.headerText.endsWith(' ') ? ' ' : ''}{{${name}}}` });
    input.current?.focus();
  };

  return (
    <fieldset className={classes.part}>
      <legend>
        {t('editor.header')} <span>· {t('optional')}</span>
      </legend>
      <div className={classes.choices} role="group" aria-label={t('editor.headerKind')}>
        {HEADERS.map((kind) => (
          <button
            key={kind}
            type="button"
            aria-pressed={draft.header === kind}
            onClick={() => {
              file.drop();
              change({ header: kind, handle: null });
            }}
          >
            {kind === 'NONE' || kind === 'TEXT' ? t(`headerKind.${kind}`) : t(`format.${kind}`)}
          </button>
        ))}
      </div>
      {draft.header === 'TEXT' && (
        <>
          <Field label={t('editor.headerText')} aside={`${draft.headerText.length} / ${LIMITS.header}`} problems={at('header')}>
            {(ids) => (
              <input
                {...ids}
                ref={input}
                name="header"
                className={inputClass}
                dir="auto"
                value={draft.headerText}
                onBlur={() => touch('header')}
                onChange={(event) => change({ headerText: event.currentTarget.value })}
              />
            )}
          </Field>
          {variables.length === 0 && (
            <Button
              className={classes.start}
              size="small"
              icon={<IconBraces size={14} stroke={1.7} aria-hidden="true" />}
              onClick={insert}
            >
              {t('editor.addVariable')}
            </Button>
          )}
          <Samples editor={editor} where="header" names={variables} />
        </>
      )}
      {media && <Sample editor={editor} channel={channel} file={file} />}
      {draft.header === 'LOCATION' && <p className={classes.help}>{t('editor.locationHelp')}</p>}
    </fieldset>
  );
}

/** Uploads the example, and gives it to WhatsApp for its reviewer. */
function Sample({ editor, channel, file }: Props) {
  const { t } = useTranslation('templates');
  const { draft, change, at } = editor;
  const [problem, setProblem] = useState<string | null>(null);
  const media = mediaHeader(draft.header);
  const attachmentId = file.file?.attachmentId ?? null;
  const latest = useRef(change);
  latest.current = change;
  const channelId = channel?.id;

  useEffect(() => {
    if (!attachmentId || !channelId) return;
    let gone = false;
    setProblem(null);
    uploadSample(channelId, attachmentId).then(
      ({ handle }) => !gone && latest.current({ handle }),
      (error: unknown) => !gone && setProblem(sentenceOf(error)),
    );
    return () => {
      gone = true;
    };
  }, [attachmentId, channelId]);

  if (!media) return null;
  return (
    <>
      <HeaderFileField
        kind={media}
        channel={channel}
        state={file}
        label={t('editor.sampleFile')}
        problems={draft.handle ? [] : at('file')}
      />
      {problem && (
        <p className={classes.wrong} role="alert">
          {problem}
        </p>
      )}
      <p className={classes.help}>{draft.handle && !file.file ? t('editor.sampleKept') : t('editor.sampleFileHelp')}</p>
    </>
  );
}
