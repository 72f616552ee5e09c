/** A message with something to press while it is being made: what is written, what does not fit, and what is sent of it. */
import type { Controls } from '@/shared/api/sending';
import type { InteractiveRule } from '@/shared/api/types';

export type ControlKind = Controls['kind'];

export interface DraftRow {
  id: string;
  title: string;
  description: string;
}

export interface DraftSection {
  id: string;
  /** Needed as soon as there are two. */
  title: string;
  rows: DraftRow[];
}

export interface InteractiveDraft {
  kind: ControlKind;
  header: string;
  text: string;
  footer: string;
  buttons: { id: string; title: string }[];
  opener: string;
  sections: DraftSection[];
  label: string;
  url: string;
}

export type ProblemCode = 'required' | 'tooLong' | 'repeated' | 'notHttps';

export interface DraftProblem {
  /** The field, with its place in a list: `buttons.1`, `sections.0.rows.2`. */
  path: string;
  code: ProblemCode;
  max?: number;
}

/** An id comes back with the press; people never see it. */
const newId = (): string => crypto.randomUUID().slice(0, 8);

export const newButton = () => ({ id: newId(), title: '' });
export const newRow = (): DraftRow => ({ id: newId(), title: '', description: '' });
export const newSection = (): DraftSection => ({ id: newId(), title: '', rows: [newRow()] });

/** Rows of all sections: the limit is theirs together. */
export const rowsOf = ({ sections }: Pick<InteractiveDraft, 'sections'>): number =>
  sections.reduce((sum, { rows }) => sum + rows.length, 0);

export const emptyDraft = (kind: ControlKind, text: string): InteractiveDraft => ({
  kind,
  header: '',
  text,
  footer: '',
  buttons: [newButton()],
  opener: '',
  sections: [newSection()],
  label: '',
  url: '',
});

export const bodyMax = (draft: Pick<InteractiveDraft, 'kind'>, rule: InteractiveRule): number =>
  draft.kind === 'list' ? rule.list_body_max : rule.body_max;

/** Everything that keeps it from being sent, in the order of the fields. */
export function problemsOf(draft: InteractiveDraft, rule: InteractiveRule): DraftProblem[] {
  const found: DraftProblem[] = [];
  const check = (path: string, value: string, max: number, needed = true) => {
    const text = value.trim();
    if (needed && !text) found.push({ path, code: 'required' });
    else if (text.length > max) found.push({ path, code: 'tooLong', max });
  };
  const distinct = (paths: string, titles: string[]) => {
    for (const [at, title] of titles.entries()) {
      if (title && titles.indexOf(title) < at) found.push({ path: `${paths}.${at}`, code: 'repeated' });
    }
  };
  const framed = draft.kind !== 'location_request';
  if (framed) check('header', draft.header, rule.header_max, false);
  check('text', draft.text, bodyMax(draft, rule));
  if (framed) check('footer', draft.footer, rule.footer_max, false);
  if (draft.kind === 'buttons') {
    for (const [at, button] of draft.buttons.entries()) check(`buttons.${at}`, button.title, rule.button_title_max);
    distinct(
      'buttons',
      draft.buttons.map((button) => button.title.trim()),
    );
  }
  if (draft.kind === 'list') {
    check('opener', draft.opener, rule.opener_max);
    for (const [place, { title, rows }] of draft.sections.entries()) {
      const path = `sections.${place}`;
      if (draft.sections.length > 1) check(`${path}.title`, title, rule.section_title_max);
      for (const [at, row] of rows.entries()) {
        check(`${path}.rows.${at}`, row.title, rule.row_title_max);
        check(`${path}.rows.${at}.description`, row.description, rule.row_description_max, false);
      }
      distinct(
        `${path}.rows`,
        rows.map((row) => row.title.trim()),
      );
    }
  }
  if (draft.kind === 'cta_url') {
    check('label', draft.label, rule.label_max);
    check('url', draft.url, rule.url_max);
    if (draft.url.trim() && !isHttps(draft.url.trim())) found.push({ path: 'url', code: 'notHttps' });
  }
  return found;
}

const isHttps = (url: string): boolean => /^https:\/\/[^\s]+$/.test(url) && URL.canParse(url);

/** Without blanks at the edges and without fields that hold nothing. */
export function controlsOf(draft: InteractiveDraft): Controls {
  const given = (name: 'header' | 'footer') => (draft[name].trim() ? { [name]: draft[name].trim() } : {});
  const frame = { ...given('header'), ...given('footer') };
  switch (draft.kind) {
    case 'buttons':
      return { kind: 'buttons', buttons: draft.buttons.map(({ id, title }) => ({ id, title: title.trim() })), ...frame };
    case 'list': {
      const titled = draft.sections.length > 1;
      const sections = draft.sections.map(({ title, rows }) => ({
        ...(titled && { title: title.trim() }),
        rows: rows.map((row) => ({
          id: row.id,
          title: row.title.trim(),
          ...(row.description.trim() && { description: row.description.trim() }),
        })),
      }));
      return { kind: 'list', opener: draft.opener.trim(), sections, ...frame };
    }
    case 'cta_url':
      return { kind: 'cta_url', label: draft.label.trim(), url: draft.url.trim(), ...frame };
    case 'location_request':
      return { kind: 'location_request' };
  }
}
