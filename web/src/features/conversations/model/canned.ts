/** Canned replies in the composer: what is asked for by `/`, and what is still open in a text. */
export interface Asked {
  /** Where the slash stands. */
  from: number;
  to: number;
  query: string;
}

/** The `/word` that ends at the caret; the slash begins a word, so an address or a date is none. */
export function askedAt(text: string, caret: number): Asked | null {
  const [whole, , query] = /(^|\s)\/([^\s/]{0,40})$/.exec(text.slice(0, caret)) ?? [];
  if (whole === undefined || query === undefined) return null;
  return { from: caret - query.length - 1, to: caret, query };
}

export const VARIABLES = ['contact.first_name', 'contact.name', 'agent.name', 'firm.name'] as const;
/** Ours, and `contact.fields.<key>` for what the contact has in a field of the firm's. */
export type Variable = (typeof VARIABLES)[number] | `contact.fields.${string}`;

const FIELD = 'contact.fields.';
const OPEN = new RegExp(`\\{\\{\\s*(${[...VARIABLES, `${FIELD}[a-z0-9_]+`].join('|').replace(/\./g, '\\.')})\\s*\\}\\}`, 'g');

/** The key of its name among the strings, null for a field, which is called by its own key. */
export const nameKey = (variable: Variable): 'contact_first_name' | 'contact_name' | 'agent_name' | 'firm_name' | null =>
  variable.startsWith(FIELD) ? null : (variable.replace('.', '_') as 'firm_name');
export const fieldKey = (variable: Variable): string => variable.slice(FIELD.length);

export interface Gap {
  from: number;
  to: number;
  variable: Variable;
}

/** Variables that nobody has filled in: nothing is sent with a hole in it. */
export const gapsIn = (text: string): Gap[] =>
  [...text.matchAll(OPEN)].map((match) => ({
    from: match.index,
    to: match.index + match[0].length,
    variable: match[1] as Variable,
  }));

export function replaced(text: string, asked: Pick<Asked, 'from' | 'to'>, by: string): { text: string; caret: number } {
  return { text: text.slice(0, asked.from) + by + text.slice(asked.to), caret: asked.from + by.length };
}
