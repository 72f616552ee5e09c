import type { ReactNode } from 'react';
import { type Piece, readMarks } from '@/shared/format/marks';
import { placesOf } from '@/shared/format/text';
import { useFind } from '../../../model/find';
import classes from './content.module.css';

interface Props {
  text: string;
  meta: ReactNode;
  /** Of a text that stands below something else. */
  className?: string | undefined;
}

/** Text with the time at the end of its last line: an invisible copy of the time keeps its place free. */
export function TextBody({ text, meta, className = classes.text }: Props) {
  return (
    <div className={className} dir="auto">
      <Marked text={text} />
      <span className={classes.spacer} aria-hidden="true">
        {meta}
      </span>
      <span className={classes.meta}>
        <span dir="ltr">{meta}</span>
      </span>
    </div>
  );
}

export function Marked({ text }: { text: string }) {
  const query = useFind((state) => state.query);
  const show = (piece: Piece, index: number): ReactNode => showPiece(piece, index, query);
  return <>{readMarks(text).map(show)}</>;
}

/** What is looked for is marked where it stands. */
function marked(text: string, query: string): ReactNode {
  const places = query ? placesOf(text, query) : [];
  if (places.length === 0) return text;
  const parts: ReactNode[] = [];
  let from = 0;
  for (const [begin, end] of places) {
    parts.push(
      text.slice(from, begin),
      <mark key={begin} className={classes.hit}>
        {text.slice(begin, end)}
      </mark>,
    );
    from = end;
  }
  return [...parts, text.slice(from)];
}

function showPiece(piece: Piece, index: number, query: string): ReactNode {
  const show = (inner: Piece, at: number): ReactNode => showPiece(inner, at, query);
  // biome-ignore-start lint/suspicious/noArrayIndexKey: the pieces of a text never change places
  switch (piece.kind) {
    case 'text':
      return marked(piece.text, query);
    case 'link':
      return (
        <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
          {piece.text}
        </a>
      );
    case 'bold':
      return <strong key={index}>{piece.pieces.map(show)}</strong>;
    case 'italic':
      return <em key={index}>{piece.pieces.map(show)}</em>;
    case 'strike':
      return <s key={index}>{piece.pieces.map(show)}</s>;
    case 'mono':
      return <code key={index}>{piece.text}</code>;
  }
  // biome-ignore-end lint/suspicious/noArrayIndexKey: as above
}
