import { Link } from '@tanstack/react-router';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Id } from '@/shared/api/types';
import { useCan } from '@/shared/session/session';
import { IconTemplate } from '@/shared/ui/icons';
import { SearchField } from '@/shared/ui/SearchField';
import { sentenceOf } from '@/shared/ui/showError';
import { Empty, ErrorBar, SkeletonRows, useSlow } from '@/shared/ui/states';
import type { Template } from '../api';
import { useTemplates } from '../model/queries';
import { matches, ordered, recentTemplates } from '../model/search';
import { stateOf } from '../model/states';
import { partOf, type Values } from '../model/template';
import '../texts';
import { StatusChip } from './StatusChip';
import { TemplateFill } from './TemplateFill';
import classes from './TemplatePicker.module.css';
import { useWords } from './words';

export interface TemplateChoice {
  template: Template;
  /** By the variables' keys; empty optional ones are left out. */
  values: Values;
  /** The uploaded file of a media header. */
  attachmentId: Id | null;
}

export interface TemplatePickerProps {
  channelId: Id;
  /** Gives the suggestions: the contact's name and the like. */
  conversationId?: Id | undefined;
  /** Their name, where there is no conversation that would give suggestions. */
  name?: string | undefined;
  /** The contact's language, when known: its templates come first. */
  language?: string | null | undefined;
  /** What the button says; "Send template" without it. */
  sendLabel?: string | undefined;
  /** Sending is under way. */
  busy?: boolean | undefined;
  /** Why sending did not work, in a sentence. */
  problem?: ReactNode;
  /** The search field takes the keyboard at once. */
  autoFocus?: boolean | undefined;
  /** Escape in the search field. */
  onCancel?: (() => void) | undefined;
  onSend: (choice: TemplateChoice) => void;
}

/** Finds a template, fills it in beside what the phone will show, and hands it over to be sent. Sends nothing itself. */
export function TemplatePicker(props: TemplatePickerProps) {
  const { channelId, language, autoFocus, onCancel } = props;
  const { t } = useTranslation('templates');
  const manages = useCan('templates.manage');
  const templates = useTemplates(channelId);
  const slow = useSlow();
  const id = useId();
  const [query, setQuery] = useState('');
  const [chosenId, setChosenId] = useState<Id | null>(null);
  const [activeId, setActiveId] = useState<Id | null>(null);
  /** Enter was quicker than the list. */
  const [hurried, setHurried] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  // As it was when the picker opened: the order must not change under the pointer.
  const [recent] = useState(recentTemplates);

  const found = useMemo(() => {
    // One that cannot be sent is shown to whoever looks for it, with its reason, and to those who can do something about it.
    const offered = (templates.data ?? []).filter(
      (one) => one.sendable || ((manages || query.trim() !== '') && stateOf(one.status) !== 'deleted'),
    );
    return ordered(
      offered.filter((one) => matches(one, query)),
      { recent, language: language ?? null },
    );
  }, [templates.data, query, manages, recent, language]);
  const chosen = templates.data?.find((one) => one.id === chosenId) ?? null;
  const choices = found.filter((one) => one.sendable);
  const active = choices.find((one) => one.id === activeId) ?? choices[0] ?? null;

  useEffect(() => {
    if (autoFocus) search.current?.focus();
  }, [autoFocus]);
  useEffect(() => {
    if (active) document.getElementById(`${id}-${active.id}`)?.scrollIntoView({ block: 'nearest' });
  }, [active, id]);

  useEffect(() => {
    if (!hurried || templates.isPending) return;
    setHurried(false);
    if (active) setChosenId(active.id);
  }, [hurried, templates.isPending, active]);

  const step = (by: number) => {
    const at = active ? choices.indexOf(active) : -1;
    const next = choices[Math.min(choices.length - 1, Math.max(0, at + by))];
    if (next) setActiveId(next.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const moves: Record<string, () => void> = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Enter: () => (templates.isPending ? setHurried(true) : active && setChosenId(active.id)),
    };
    if (onCancel) moves.Escape = onCancel;
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  };

  if (chosen) {
    return (
      <TemplateFill
        {...props}
        key={chosen.id}
        template={chosen}
        onBack={() => {
          setChosenId(null);
          setTimeout(() => search.current?.focus(), 0);
        }}
      />
    );
  }
  return (
    <div className={classes.picker} data-testid="template-picker">
      <SearchField
        ref={search}
        className={classes.search}
        role="combobox"
        aria-expanded={found.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={active ? `${id}-${active.id}` : undefined}
        aria-autocomplete="list"
        label={t('picker.search')}
        value={query}
        data-testid="template-search"
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setActiveId(null);
        }}
        onKeyDown={onKeyDown}
      />
      {templates.isPending && slow && <SkeletonRows count={3} />}
      {templates.isError && <ErrorBar onRetry={() => void templates.refetch()}>{sentenceOf(templates.error)}</ErrorBar>}
      {templates.isSuccess && found.length === 0 && (
        <Empty
          icon={<IconTemplate size={26} stroke={1.4} aria-hidden="true" />}
          title={query ? t('picker.none', { query }) : t('picker.empty')}
          text={query ? t('picker.noneText') : manages ? t('picker.emptyManage') : t('picker.emptyAsk')}
          action={!query && manages ? <Link to="/templates">{t('picker.toTemplates')}</Link> : undefined}
        />
      )}
      {found.length > 0 && (
        <div role="listbox" id={`${id}-list`} aria-label={t('picker.list')} className={classes.list} data-overlay>
          {found.map((template) => (
            <Option
              key={template.id}
              id={`${id}-${template.id}`}
              template={template}
              active={template === active}
              onPoint={() => setActiveId(template.id)}
              onChoose={() => setChosenId(template.id)}
            />
          ))}
        </div>
      )}
    </div>
  );
}

interface OptionProps {
  id: string;
  template: Template;
  active: boolean;
  onPoint: () => void;
  onChoose: () => void;
}

function Option({ id, template, active, onPoint, onChoose }: OptionProps) {
  const words = useWords();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the search field has the keyboard and moves through the options
    // biome-ignore lint/a11y/useFocusableInteractive: as above, by aria-activedescendant
    <div
      role="option"
      id={id}
      className={classes.option}
      aria-selected={active}
      aria-disabled={!template.sendable || undefined}
      data-testid="template-option"
      onPointerMove={active || !template.sendable ? undefined : onPoint}
      onClick={() => template.sendable && onChoose()}
    >
      <span className={classes.line}>
        <span className={classes.name} dir="ltr">
          {template.name}
        </span>
        <span className={classes.meta}>
          {words.language(template.language)} · {words.category(template.category)}
        </span>
      </span>
      <span className={classes.text} dir="auto">
        {partOf(template.components, 'BODY')?.text}
      </span>
      {template.blocked && (
        <span className={classes.why}>
          <StatusChip status={template.status} blocked={template.blocked.code} />
          <span>
            {template.rejected_message ?? template.blocked.message} {template.blocked.todo}
          </span>
        </span>
      )}
    </div>
  );
}
