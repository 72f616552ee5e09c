/** Reads WhatsApp's marks (*bold* _italic_ ~strike~ ```mono```) and web addresses out of a text. Makes no HTML. */

export type Piece =
  | { kind: 'text'; text: string }
  | { kind: 'link'; text: string; href: string }
  | { kind: 'mono'; text: string }
  | { kind: 'bold' | 'italic' | 'strike'; pieces: Piece[] };

const MARKS = { '*': 'bold', _: 'italic', '~': 'strike' } as const;
// A mark opens after a space or the start and closes before a space, a sign or the end; inside it has no space at its edges.
const TOKEN =
  /```([\s\S]+?)```|(https?:\/\/[^\s<>"']+|www\.[^\s<>"']+\.[^\s<>"']+)|(?<=^|[\s.,;:!?()"'])([*_~])(?=\S)((?:(?!\3)[^\n])*?\S)\3(?=$|[\s.,;:!?()"'*_~])/gm;

export function readMarks(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > from) pieces.push({ kind: 'text', text: text.slice(from, match.index) });
    const [whole, mono, address, mark, inner] = match;
    from = match.index + whole.length;
    if (mono !== undefined) pieces.push({ kind: 'mono', text: mono });
    else if (address !== undefined) pieces.push(...link(address));
    else if (mark !== undefined && inner !== undefined)
      pieces.push({ kind: MARKS[mark as keyof typeof MARKS], pieces: readMarks(inner) });
  }
  if (from < text.length) pieces.push({ kind: 'text', text: text.slice(from) });
  return pieces;
}

function link(address: string): Piece[] {
  // The sign that ends the sentence is not part of the address; a bracket is when it was opened inside.
  // Counted from the end: an expression would look at each sign of a long row of them again and again.
  let end = address.length;
  while (end > 0 && '.,;:!?'.includes(address.charAt(end - 1))) end -= 1;
  let text = address.slice(0, end);
  if (text.endsWith(')') && !text.includes('(')) text = text.slice(0, -1);
  const href = text.startsWith('www.') ? `https://${text}` : text;
  if (!URL.canParse(href)) return [{ kind: 'text', text: address }];
  const rest = address.slice(text.length);
  return [{ kind: 'link', text, href }, ...(rest ? [{ kind: 'text', text: rest } as const] : [])];
}
