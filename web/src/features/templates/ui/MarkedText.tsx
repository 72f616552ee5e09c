import type { ReactNode } from 'react';
import { type Piece, readMarks } from '@/shared/format/marks';
import classes from './PhoneBubble.module.css';

const VARIABLE = /(\{\{[^{}]*\}\})/;

/** WhatsApp's marks as the phone draws them; variables that have no value yet stand out. */
export function MarkedText({ text, active }: { text: string; active?: string | null | undefined }) {
  return <>{readMarks(text).map((piece, index) => show(piece, index, active ?? null))}</>;
}

function show(piece: Piece, index: number, active: string | null): ReactNode {
  // biome-ignore-start lint/suspicious/noArrayIndexKey: the pieces of a text never change places
  switch (piece.kind) {
    case 'text':
      return piece.text.split(VARIABLE).map((part, at) =>
        VARIABLE.test(part) ? (
          <span key={`${index}-${at}`} className={classes.variable} data-active={part === active || undefined}>
            {part}
          </span>
        ) : (
          part
        ),
      );
    case 'link':
      return (
        <span key={index} className={classes.link} dir="ltr">
          {piece.text}
        </span>
      );
    case 'mono':
      return <code key={index}>{piece.text}</code>;
    default: {
      const Tag = piece.kind === 'bold' ? 'strong' : piece.kind === 'italic' ? 'em' : 's';
      return <Tag key={index}>{piece.pieces.map((inner, at) => show(inner, at, active))}</Tag>;
    }
  }
  // biome-ignore-end lint/suspicious/noArrayIndexKey: as above
}
