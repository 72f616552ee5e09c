import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import { Field, inputClass } from '@/shared/ui/Field';
import { IconButton } from '@/shared/ui/IconButton';
import { IconChevronLeft, IconSend } from '@/shared/ui/icons';
import { Kbd } from '@/shared/ui/Kbd';
import { ErrorBar } from '@/shared/ui/states';
import { readSuggestions, type Template, type TemplateVariable } from '../api';
import { useHeaderFile } from '../model/headerFile';
import { useChannels } from '../model/queries';
import { rememberTemplate } from '../model/search';
import { greeting, isOptional, mediaHeader, nameOf, problemOf, shown, type Values } from '../model/template';
import { HeaderFileField } from './HeaderFileField';
import { PhoneBubble } from './PhoneBubble';
import type { TemplatePickerProps } from './TemplatePicker';
import classes from './TemplatePicker.module.css';
import { useWords } from './words';

interface Props extends TemplatePickerProps {
  template: Template;
  onBack: () => void;
}

/** Asks for what the template leaves open. Nothing is sent with a hole in it: the first one gets the keyboard instead. */
export function TemplateFill({ template, channelId, conversationId, name, sendLabel, busy, problem, onBack, onSend }: Props) {
  const { t } = useTranslation('templates');
  const words = useWords();
  const [given, setGiven] = useState<Values>({});
  const [asked, setAsked] = useState(false);
  const [active, setActive] = useState<TemplateVariable | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const channel = useChannels().data?.find((held) => held.id === channelId);
  const media = mediaHeader(template.header_format);
  const file = useHeaderFile(channel, media);
  const suggestions = useQuery({
    queryKey: ['templateSuggestions', template.id, conversationId ?? null],
    queryFn: () => readSuggestions(template.id, conversationId ?? null),
    enabled: template.variables.length > 0,
  });
  // What somebody wrote or emptied stands; the rest is what we know.
  const values: Values = { ...greeting(template, name), ...suggestions.data, ...given };
  const problems = template.variables.map((variable) => ({
    variable,
    problem: problemOf(template, variable, values[variable.key] ?? ''),
  }));
  const open = problems.find((one) => one.problem !== null);
  const waitsForFile = media !== null && !file.file?.attachmentId;
  const settled = !suggestions.isLoading;

  // The first thing that is asked for; with nothing to ask, the button.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when what we know is known
  useEffect(() => {
    if (!settled) return;
    const key = open?.variable.key;
    const target = key ? form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(key)}"]`) : null;
    const button = form.current?.querySelector<HTMLElement>(media ? '[type="button"]:not([data-back])' : '[type="submit"]');
    (target ?? button)?.focus();
  }, [settled]);

  function submit(event: FormEvent) {
    event.preventDefault();
    event.stopPropagation();
    if (busy) return;
    if (open || waitsForFile) {
      setAsked(true);
      if (open) form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(open.variable.key)}"]`)?.focus();
      return;
    }
    rememberTemplate(template.id);
    const filled = template.variables
      .map(({ key }) => [key, values[key]?.trim() ?? ''] as const)
      .filter(([, value]) => value !== '');
    onSend({ template, values: Object.fromEntries(filled), attachmentId: file.file?.attachmentId ?? null });
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      onBack();
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.current?.requestSubmit();
    }
  }

  return (
    <div className={classes.wrap}>
      <form ref={form} className={classes.fill} onSubmit={submit} onKeyDown={onKeyDown} noValidate data-testid="template-fill">
        <div className={classes.head}>
          <IconButton label={t('picker.back')} onClick={onBack} data-back>
            <IconChevronLeft size={18} stroke={1.6} aria-hidden="true" />
          </IconButton>
          <strong className={classes.name} dir="ltr">
            {template.name}
          </strong>
          <span className={classes.meta}>
            {words.language(template.language)} · {words.category(template.category)}
          </span>
        </div>
        <div className={classes.form}>
          {media && (
            <HeaderFileField
              kind={media}
              channel={channel}
              state={file}
              label={t(`fill.file.${media}`)}
              problems={asked && !file.file ? [t('fill.fileMissing')] : []}
            />
          )}
          {problems.map(({ variable, problem: wrong }) => (
            <Field
              key={variable.key}
              label={labelOf(variable)}
              optional={isOptional(variable) ? t('optional') : undefined}
              help={variable.example ? t('fill.example', { example: variable.example }) : undefined}
              problems={wrong && (asked || wrong !== 'required') ? [t(`fill.problem.${wrong}`)] : []}
            >
              {(ids) => (
                <input
                  {...ids}
                  name={variable.key}
                  className={inputClass}
                  dir="auto"
                  autoComplete="off"
                  inputMode={variable.key.endsWith('itude') ? 'decimal' : undefined}
                  value={values[variable.key] ?? ''}
                  onFocus={() => setActive(variable)}
                  onChange={(event) => {
                    const { value } = event.currentTarget;
                    setGiven((held) => ({ ...held, [variable.key]: value }));
                  }}
                />
              )}
            </Field>
          ))}
          {template.variables.length === 0 && !media && <p className={classes.hint}>{t('fill.nothing')}</p>}
        </div>
        <div className={classes.preview}>
          <PhoneBubble
            shown={shown(template.components, values)}
            media={file.file ? { url: file.file.url, name: file.file.name } : undefined}
            active={active && active.where !== 'button' ? `{{${nameOf(active)}}}` : null}
          />
        </div>
        {problem && (
          <div className={classes.problem}>
            <ErrorBar>{problem}</ErrorBar>
          </div>
        )}
        <div className={classes.foot}>
          <span className={classes.hint} role="status">
            {asked && waitsForFile && file.file && !file.file.refusal && !file.file.problem ? t('fill.uploading') : ''}
          </span>
          <Button
            look="primary"
            type="submit"
            busy={busy ?? false}
            data-testid="template-send"
            icon={<IconSend size={16} stroke={1.7} aria-hidden="true" />}
            end={<Kbd inverse>↵</Kbd>}
          >
            {sendLabel ?? t('fill.send')}
          </Button>
        </div>
      </form>
    </div>
  );

  function labelOf(variable: TemplateVariable): string {
    const name = nameOf(variable);
    if (variable.where === 'button')
      return t('fill.button', {
        title: shown(template.components, {}).buttons[variable.index ?? 0]?.title || t('preview.copyCode'),
      });
    if (
      name === 'latitude' ||
      name === 'longitude' ||
      ((name === 'name' || name === 'address') && variable.where === 'header' && template.header_format === 'LOCATION')
    )
      return t(`fill.place.${name}`);
    const what = /^\d+$/.test(name) ? `{{${name}}}` : name.replaceAll('_', ' ');
    return t(`fill.${variable.where}`, { what });
  }
}
