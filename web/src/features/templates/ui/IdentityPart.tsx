import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel, Id } from '@/shared/api/types';
import { phoneText } from '@/shared/format/text';
import { Field, inputClass } from '@/shared/ui/Field';
import type { Template } from '../api';
import { CATEGORIES, templateName } from '../model/draft';
import { COMMON_LANGUAGES, LANGUAGES } from '../model/languages';
import type { Editor } from '../model/useEditor';
import classes from './Editor.module.css';
import { useWords } from './words';

interface Props {
  editor: Editor;
  channels: Channel[];
  channelId: Id | undefined;
  onChannel: (id: Id) => void;
  edited: Template | null;
  focus: 'name' | 'language' | null;
}

/** By what WhatsApp knows the template. Name and language are for good. */
export function IdentityPart({ editor, channels, channelId, onChannel, edited, focus }: Props) {
  const { t, i18n } = useTranslation('templates');
  const words = useWords();
  const { draft, change, touch, at } = editor;
  const first = useRef<HTMLElement | null>(null);
  useEffect(() => first.current?.focus(), []);
  const keep = (wanted: boolean) => (element: HTMLElement | null) => {
    if (wanted && element) first.current = element;
  };
  const byName = (codes: string[]) =>
    codes.map((code) => ({ code, name: words.language(code) })).sort((a, b) => a.name.localeCompare(b.name, i18n.language));
  const known = CATEGORIES.find((name) => name === draft.category);
  return (
    <>
      {channels.length > 1 && (
        <Field label={t('editor.channel')} help={t('editor.channelHelp')}>
          {(ids) => (
            <select
              {...ids}
              className={inputClass}
              value={channelId}
              disabled={edited !== null}
              onChange={(event) => onChannel(event.currentTarget.value)}
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
        <Field label={t('editor.name')} help={edited ? t('editor.fixed') : t('editor.nameHelp')} problems={at('name')}>
          {(ids) => (
            <input
              {...ids}
              ref={keep(focus === 'name')}
              name="name"
              className={inputClass}
              dir="ltr"
              autoComplete="off"
              spellCheck={false}
              maxLength={512}
              readOnly={edited !== null}
              value={draft.name}
              onBlur={() => touch('name')}
              onChange={(event) => change({ name: templateName(event.currentTarget.value) })}
            />
          )}
        </Field>
        <Field label={t('editor.language')} problems={at('language')}>
          {(ids) => (
            <select
              {...ids}
              ref={keep(focus === 'language')}
              name="language"
              className={inputClass}
              disabled={edited !== null}
              value={draft.language}
              onChange={(event) => {
                touch('language');
                touch('name');
                change({ language: event.currentTarget.value });
              }}
            >
              <optgroup label={t('editor.common')}>
                {COMMON_LANGUAGES.map((code) => (
                  <option key={code} value={code}>
                    {words.language(code)}
                  </option>
                ))}
              </optgroup>
              <optgroup label={t('editor.others')}>
                {byName(LANGUAGES.filter((code) => !COMMON_LANGUAGES.includes(code))).map(({ code, name }) => (
                  <option key={code} value={code}>
                    {name}
                  </option>
                ))}
              </optgroup>
            </select>
          )}
        </Field>
      </div>
      <Field label={t('editor.category')} help={known ? t(`categoryHelp.${known}`) : undefined} problems={at('category')}>
        {(ids) => (
          <select
            {...ids}
            name="category"
            className={inputClass}
            value={draft.category}
            onChange={(event) => {
              touch('category');
              change({ category: event.currentTarget.value });
            }}
          >
            {CATEGORIES.map((category) => (
              <option key={category} value={category}>
                {words.category(category)}
              </option>
            ))}
          </select>
        )}
      </Field>
    </>
  );
}
